/** A process that starts an embedded server, says its pid, and waits to be killed. */
import { startEmbeddedPostgres } from '../../../src/lib/postgres/embedded-postgres.js';

const postgres = await startEmbeddedPostgres({ directory: process.argv[2]!, throwaway: true });
process.stdout.write(`${postgres.pid}\n`);
setInterval(() => {}, 60_000);

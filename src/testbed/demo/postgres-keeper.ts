/** A program of its own: an embedded PostgreSQL that lives until this is ended, so that it outlives a demo with --keep. */
import { startEmbeddedPostgres } from '../../lib/postgres/embedded-postgres.js';

const server = await startEmbeddedPostgres({ directory: process.argv[2]!, throwaway: true });
// Nothing else keeps this process; a server that ends by itself is found out by its clients.
const living = setInterval(() => {}, 1 << 30);
process.once('SIGTERM', async () => {
  await server.stop();
  clearInterval(living);
});

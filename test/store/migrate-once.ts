/** A process that does nothing but migrate the database it is given; the test starts several at once. */
import { silentLog } from '../../src/lib/log.js';
import { migrate } from '../../src/store/migrate.js';

const applied = await migrate(process.argv[2]!, silentLog);
process.stdout.write(`${applied.length}`);

// `npm run bench`: makes the clone ready, then hands over to the benchmarks proper. Arguments are theirs; see --help.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

try {
  prepare();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(1);
}
const bench = spawn(process.execPath, [join(root, 'dist', 'bench', 'main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// The terminal sends its signals to the whole group: the benchmark ends, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGTERM' && bench.kill(signal));
bench.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

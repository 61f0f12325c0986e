// `npm run demo`: makes the clone ready, then hands over to the demo proper. Arguments are the demo's; see --help.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

try {
  prepare((line) => console.log(line));
} catch (error) {
  console.error(`demo: step 1, installing: ${error.message}`);
  process.exit(1);
}
const demo = spawn(
  process.execPath,
  [join(root, 'dist', 'src', 'testbed', 'demo', 'main.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// The terminal sends its signals to the whole group: the demo cleans up and ends, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGTERM' && demo.kill(signal));
demo.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

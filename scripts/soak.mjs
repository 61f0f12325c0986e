// `npm run soak`: makes the clone ready, then hands over to the soak proper. Arguments are its; see --help.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

try {
  prepare();
} catch (error) {
  console.error(`soak: ${error.message}`);
  process.exit(1);
}
const soak = spawn(
  process.execPath,
  [join(root, 'dist', 'src', 'testbed', 'soak', 'main.js'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
// The terminal sends its signals to the whole group: the soak cleans up and ends, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGTERM' && soak.kill(signal));
soak.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

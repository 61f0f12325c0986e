// `npm run soak`: makes the clone ready, then hands over to the soak proper. Arguments are its; see --help. Two options soak something else, by a test that is
// told to do more than in `npm test`: `--messages COUNT`, NSI messages changed at random that the service has to endure (test/ws/nsi/mutated.test.ts), and
// `--migrations`, level-2 VMs that move between hosts and sites (test/e2e/migration.root.test.ts); as root.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { installMissing } from './system-packages.mjs';

try {
  prepare();
} catch (error) {
  console.error(`soak: ${error.message}`);
  process.exit(1);
}
const given = process.argv.slice(2);
const argumentOf = (option) => (given.includes(option) ? given[given.indexOf(option) + 1] : undefined);
const messages = argumentOf('--messages');
if (messages !== undefined && !(Number(messages) > 0)) {
  console.error('soak: --messages needs a number');
  process.exit(2);
}
const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const runTest = (...path) => [mocha, '--no-config', '--timeout', '60000', join(root, 'dist', 'test', ...path)];

function choose() {
  if (messages !== undefined)
    return {
      command: runTest('ws', 'nsi', 'mutated.test.js'),
      env: { IRIS_MUTATIONS: messages, IRIS_SEED: argumentOf('--seed') ?? '1' },
    };
  if (given.includes('--migrations')) {
    installMissing((line) => console.log(line));
    return { command: runTest('e2e', 'migration.root.test.js'), env: { IRIS_MIGRATIONS: 'all' } };
  }
  return { command: [join(root, 'dist', 'src', 'testbed', 'soak', 'main.js'), ...given], env: {} };
}

const { command, env } = choose();
const soak = spawn(process.execPath, command, { stdio: 'inherit', env: { ...process.env, ...env } });
// The terminal sends its signals to the whole group: the soak cleans up and ends, and this waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal === 'SIGTERM' && soak.kill(signal));
soak.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

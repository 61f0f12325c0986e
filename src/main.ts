/** The program `iris`: its command line, and how it ends. The parts (daemon/composition.ts) are loaded only by commands that need them. */
import { readFileSync } from 'node:fs';
import type { LocalCommands } from './cli/local-commands.js';
import { runCli } from './cli/program.js';
import { packageFile } from './lib/package-root.js';

/** A client's command should not wait for a database library. */
const parts = async (): Promise<LocalCommands> => (await import('./daemon/composition.js')).localCommands;

let isDaemon = false;

const local: LocalCommands = {
  serve: async (...args) => {
    isDaemon = true;
    return (await parts()).serve(...args);
  },
  takeCallbacks: async (...args) => (await parts()).takeCallbacks(...args),
  migrate: async (...args) => (await parts()).migrate(...args),
  probeNodes: async (...args) => (await parts()).probeNodes(...args),
};

/** The first signal asks to stop; a second one does not wait. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort();
    });
  return controller.signal;
}

/** `iris list | head`: whoever read has seen enough. What was asked for goes on to its end. */
function endureClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}

endureClosedOutput();
const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };

const signal = listenForSignals();
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  local,
  version,
  signal,
});
// What a daemon leaves behind, a virsh that waits for a dead node say, does not keep the process, however it came to end.
if (isDaemon || signal.aborted) setTimeout(() => process.exit(), 1_000).unref();

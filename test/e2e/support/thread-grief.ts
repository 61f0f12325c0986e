/**
 * Preloaded into an `iris serve` by `--import`, since Iris has nothing of the kind: in its driver's thread listens on a unix socket for how the
 * thread is to come to grief. In the main thread it does nothing.
 */
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';

export const grief = {
  throws(): void {
    throw new Error('the thread came to grief');
  },
  hangs(): void {
    for (;;);
  },
};

const variable = 'IRIS_TEST_GRIEF';
const socket = process.env[variable];

if (!isMainThread && socket !== undefined) {
  rmSync(socket, { force: true });
  const server = createServer((from) => from.on('data', (kind) => grief[String(kind) as keyof typeof grief]()));
  server.listen(socket).unref();
}

/** The environment of a process that listens there. */
export const withGrief = (path: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=${import.meta.url}`,
  [variable]: path,
});

/** Resolves when the thread was told. */
export const tellThread = (path: string, kind: keyof typeof grief): Promise<void> =>
  new Promise((resolve, reject) => {
    const to = connect(path, () => to.write(kind, () => resolve()));
    to.once('error', reject);
    to.unref();
  });

/** A site's Iris daemon, started as its operator would: `iris serve --config FILE`. */
import { createServer } from 'node:net';
import { packageFile } from '../../lib/package-root.js';
import { type Run, runPath } from '../run-directory.js';
import { type Daemon, startDaemon, waitForDaemon } from '../run-processes.js';

export interface ServedSite {
  name: 'tokyo' | 'osaka';
  siteFile: string;
  url: string;
  databaseUrl: string;
  daemon: Daemon;
}

/** A port that nobody listened on a moment ago. */
export const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

const isWell = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );

/** Starts the daemon and waits until it says of itself, its database and its switches that they are well. */
export async function serveSite(run: Run, site: Omit<ServedSite, 'daemon' | 'url'>, port: number): Promise<ServedSite> {
  const log = runPath(run, 'logs', `iris-${site.name}.json`);
  const daemon = startDaemon(run, {
    what: `iris-${site.name}`,
    program: process.execPath,
    args: [packageFile('bin', 'iris'), 'serve', '--config', site.siteFile, '--log', log],
  });
  await waitForDaemon(daemon, () => isWell(port));
  return { ...site, url: `http://127.0.0.1:${port}/rms`, daemon };
}

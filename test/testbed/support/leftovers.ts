/** What of a run is still there, in words. */
import { existsSync } from 'node:fs';
import { listNamespaces } from '../../../src/testbed/network-namespace.js';
import type { Run } from '../../../src/testbed/run-directory.js';
import { findRunProcesses } from '../../../src/testbed/run-processes.js';
import { lastLook } from '../../support/last-look.js';

/** As of now. */
export async function standingOf(run: Run): Promise<string[]> {
  const processes = await findRunProcesses(run);
  const namespaces = (await listNamespaces()).filter((name) => name.includes(run.id));
  return [
    ...processes.map(({ pid }) => `process ${pid}`),
    ...namespaces.map((name) => `namespace ${name}`),
    ...(existsSync(run.directory) ? [run.directory] : []),
  ];
}

/** Empty when nothing is left; what is about to end, a child whose parent was ended for one, is given time to. */
export const leftoversOf = (run: Run): Promise<string[]> =>
  lastLook(
    () => standingOf(run),
    (left) => left.length === 0,
  );

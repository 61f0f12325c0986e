/** What of a run is still there, in words; empty when nothing is. */
import { existsSync } from 'node:fs';
import { listNamespaces } from '../../../src/testbed/network-namespace.js';
import type { Run } from '../../../src/testbed/run-directory.js';
import { findRunProcesses } from '../../../src/testbed/run-processes.js';

export async function leftoversOf(run: Run): Promise<string[]> {
  const processes = await findRunProcesses(run);
  const namespaces = (await listNamespaces()).filter((name) => name.includes(run.id));
  return [
    ...processes.map(({ pid }) => `process ${pid}`),
    ...namespaces.map((name) => `namespace ${name}`),
    ...(existsSync(run.directory) ? [run.directory] : []),
  ];
}

/** The end of a run: its processes, its namespaces with all links in them, its folder. Also for runs whose owner died. */
import { dropBorrowedDatabases } from './borrowed-databases.js';
import { listNamespaces, removeNamespace } from './network-namespace.js';
import { listRuns, type Run, removeRunDirectory, removeUnfinishedRuns, runState } from './run-directory.js';
import { endProcesses, findRunProcesses } from './run-processes.js';

/** Daemons start others while they are being ended; whoever is found later has less time to end by himself. */
const gracesMs = [3_000, 500, 500, 500];

async function endAllProcesses(run: Run): Promise<void> {
  for (const graceMs of gracesMs) {
    const processes = await findRunProcesses(run);
    if (processes.length === 0) return;
    await endProcesses(processes, graceMs);
  }
}

/** Idempotent; goes on after a failure and reports it at the end. */
export async function takeDown(run: Run): Promise<void> {
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown> | unknown) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(() => endAllProcesses(run));
  for (const namespace of (await listNamespaces()).filter((name) => name.startsWith(`iris-${run.id}-`)))
    await attempt(() => removeNamespace(namespace));
  await attempt(() => dropBorrowedDatabases(run));
  // The record of what is still to be done goes last, and only when nothing is.
  if (failures.length === 0) await attempt(() => removeRunDirectory(run));
  if (failures.length > 0) throw new AggregateError(failures, `run ${run.id} could not be taken down entirely`);
}

export interface Sweep {
  removed: string[];
  /** Tried again by the next sweep. */
  failed: { id: string; error: unknown }[];
}

/** Takes down what dead runs left behind. Living and kept ones are not touched. */
export async function sweepDeadRuns(): Promise<Sweep> {
  const sweep: Sweep = { removed: [], failed: [] };
  removeUnfinishedRuns();
  for (const run of listRuns().filter((found) => runState(found) === 'dead')) {
    try {
      await takeDown(run);
      sweep.removed.push(run.id);
    } catch (error) {
      sweep.failed.push({ id: run.id, error });
    }
  }
  return sweep;
}

/** All that went wrong, a line each. */
export function teardownText(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [];
  return [error, ...causes].map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('\n  ');
}

/** Ctrl-C and its like: what runs is ended, so that the step under way comes to its end, whatever it waits for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../run-directory.js';
import { endProcesses, findRunProcesses } from '../run-processes.js';

export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor(readonly signalName: string) {
    super(`stopped by ${signalName}`);
  }
}

export function listenForInterrupts(): AbortController {
  const controller = new AbortController();
  // Listened to until the end: a second Ctrl-C does not keep the first from cleaning up.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(new Interrupted(name)));
  return controller;
}

/** Resolves as `work` does. After an interrupt it ends the run's processes, again and again, until `work` has failed by that. */
export async function endableBy<T>(signal: AbortSignal, run: Run, work: Promise<T>): Promise<T> {
  let settled = false;
  const finished = work.finally(() => {
    settled = true;
  });
  const interrupted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([finished.catch(() => {}), interrupted]);
  while (!settled) {
    await endProcesses(await findRunProcesses(run));
    await Promise.race([finished.catch(() => {}), sleep(200)]);
  }
  return finished;
}

/** What a test raises in a run of the testbed of its own, and takes down with it; at once where raising it fails. */
import { createRun, type Run } from '../../../src/testbed/run-directory.js';
import { takeDown } from '../../../src/testbed/teardown.js';

export interface Raised {
  run: Run;
  close(): Promise<void>;
}

/** `atEnd`: what is to end before the run is taken down, the last given first. */
export async function raiseInRun<T extends object>(
  raise: (run: Run, atEnd: (end: () => unknown) => void) => Promise<T>,
): Promise<T & Raised> {
  const run = createRun();
  const ends: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    const end = ends.pop();
    if (end === undefined) return takeDown(run);
    try {
      await end();
    } finally {
      await close();
    }
  };
  try {
    return { ...(await raise(run, (end) => void ends.push(end))), run, close };
  } catch (error) {
    await close();
    throw error;
  }
}

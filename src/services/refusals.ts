/**
 * How often in a row a node has refused what a VI needs. A refusal may have its cause in something that is being repaired at the same
 * moment; what is refused `mostRefusals` times, with nothing on that node that waiting may cure, is refused for good. In memory, and meant to
 * be: a start is when a site file that was put right is read, and the count decides nothing but when the verdict is told, which is stored.
 * After a crash it comes two attempts later at most. (Attempts that place a VM elsewhere are stored: see unbooted.ts.)
 */
import type { DriverError } from '../domain/errors/driver-error.js';

const mostRefusals = 3;

export type Refusal = 'none' | 'again' | 'forGood';

export interface Refusals {
  /** Of one round; told of each round of a VI, also of those where nothing failed. */
  judge(connectionId: string, failures: readonly DriverError[]): Refusal;
}

/** A node that fails in another way, too, may refuse because of that. */
function isRefused(failures: readonly DriverError[]): boolean {
  const waiting = new Set(failures.flatMap(({ errorClass, node }) => (errorClass === 'transient' ? [node] : [])));
  return failures.some(({ errorClass, node }) => errorClass === 'permanent' && !waiting.has(node));
}

export function createRefusals(): Refusals {
  const counts = new Map<string, number>();
  return {
    judge(connectionId, failures) {
      if (!isRefused(failures)) {
        counts.delete(connectionId);
        return 'none';
      }
      const count = (counts.get(connectionId) ?? 0) + 1;
      counts.set(connectionId, count);
      return count >= mostRefusals ? 'forGood' : 'again';
    },
  };
}

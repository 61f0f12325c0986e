/** Lets only so many requests be served at once. The others are refused at once, so that nobody waits in a queue for ever. */
import { IrisError } from '../../domain/errors/iris-error.js';
import { Refusal } from '../soap/refusal.js';

export interface Gate {
  /** Throws a Refusal when full, or when closing. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Nobody is let in any more; resolves when the last has gone. */
  close(): Promise<void>;
}

const busy = (what: string, variables: Record<string, string>): Refusal =>
  new Refusal('Server', new IrisError('resourceUnavailable', { what, variables }), 500, { 'Retry-After': '1' });

export function createGate(maxInside: number): Gate {
  let inside = 0;
  let closing = false;
  let lastHasGone: () => void = () => {};
  return {
    run: async (work) => {
      if (closing) throw busy('the service is stopping', {});
      if (inside >= maxInside)
        throw busy(`the service is answering ${inside} requests already; try again shortly`, {
          limit: String(maxInside),
        });
      inside += 1;
      try {
        return await work();
      } finally {
        inside -= 1;
        if (closing && inside === 0) lastHasGone();
      }
    },
    close: () => {
      closing = true;
      return inside === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            lastHasGone = resolve;
          });
    },
  };
}

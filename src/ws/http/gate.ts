/** Lets only so many requests be served at once. The others are refused at once, so that nobody waits in a queue for ever. */
import { Overload } from '../../domain/errors/overload.js';

export interface Gate {
  /** Throws an Overload when full, or when closing. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Nobody is let in any more; resolves when the last has gone. */
  close(): Promise<void>;
}

export function createGate(maxInside: number): Gate {
  let inside = 0;
  let closing = false;
  let lastHasGone: () => void = () => {};
  return {
    run: async (work) => {
      if (closing) throw new Overload('the service is stopping');
      if (inside >= maxInside)
        throw new Overload(`the service is answering ${inside} requests already; try again shortly`, {
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

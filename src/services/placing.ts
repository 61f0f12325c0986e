/**
 * Reservations that are placed at the same time do not see each other. Equal nodes would all be found in the same order, and the row of the
 * first lets one reservation in after the other; so each begins with another node. Who is alone begins with the first.
 */
import type { StoreTransaction } from '../domain/ports/store.js';

export interface Placing {
  /** How many nodes to pass over at first. What is placed is under way until its transaction has ended. */
  begin(transaction: Pick<StoreTransaction, 'onEnd'>): number;
}

export function createPlacing(): Placing {
  let underWay = 0;
  let next = 0;
  return {
    begin(transaction) {
      if (underWay === 0) next = 0;
      underWay += 1;
      transaction.onEnd(() => {
        underWay -= 1;
      });
      next += 1;
      return next - 1;
    },
  };
}

/** In a circle, from another one on. */
export const passingOver = <T>(all: readonly T[], count: number): T[] => {
  const first = count % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
};

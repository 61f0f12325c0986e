/** What this process has for which destination, so that one that is slow or down has its own room and nobody else's. Pure but for its counts. */
import type { Origin } from './places.js';

export interface Destinations {
  begin(destination: string, origin: Origin): void;
  end(destination: string, origin: Origin): void;
  note(destination: string, arrived: boolean): void;
  /** One that nobody listens at any more is not remembered for ever, once nothing of it is counted. */
  forget(destination: string): void;
  isFailing(destination: string): boolean;
  /** For the next claim, of what comes from the database. A destination that failed lately is tried by one message at a time. */
  taken(perDestination: number): Record<string, number>;
  /** Of all destinations, or of one. */
  count(origin: Origin, destination?: string): number;
}

function createCounts() {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    counts,
    get all() {
      return all;
    },
    add(destination: string, change: 1 | -1): void {
      all += change;
      const left = (counts.get(destination) ?? 0) + change;
      if (left === 0) counts.delete(destination);
      else counts.set(destination, left);
    },
  };
}

export function createDestinations(): Destinations {
  const by = { database: createCounts(), hand: createCounts() };
  const failing = new Set<string>();
  return {
    begin: (destination, origin) => by[origin].add(destination, 1),
    end: (destination, origin) => by[origin].add(destination, -1),
    note(destination, arrived) {
      if (arrived) failing.delete(destination);
      else failing.add(destination);
    },
    forget(destination) {
      if (!by.database.counts.has(destination) && !by.hand.counts.has(destination)) failing.delete(destination);
    },
    isFailing: (destination) => failing.has(destination),
    taken(perDestination) {
      const { counts } = by.database;
      const taken: Record<string, number> = Object.fromEntries(counts);
      for (const destination of failing)
        taken[destination] = counts.has(destination) ? perDestination : perDestination - 1;
      return taken;
    },
    count: (origin, destination) =>
      destination === undefined ? by[origin].all : (by[origin].counts.get(destination) ?? 0),
  };
}

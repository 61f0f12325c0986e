/** What is under way to which destination, so that one that is slow or down has its own places and nobody else's. Pure but for its counts. */
export interface Destinations {
  begin(destination: string): void;
  end(destination: string, arrived: boolean): void;
  /** For the next claim. A destination that failed lately is tried by one message at a time. */
  taken(perDestination: number): Record<string, number>;
  readonly count: number;
}

export function createDestinations(): Destinations {
  const running = new Map<string, number>();
  const failing = new Set<string>();
  let count = 0;
  return {
    begin(destination) {
      count += 1;
      running.set(destination, (running.get(destination) ?? 0) + 1);
    },
    end(destination, arrived) {
      count -= 1;
      const left = (running.get(destination) ?? 1) - 1;
      if (left === 0) running.delete(destination);
      else running.set(destination, left);
      if (arrived) failing.delete(destination);
      else failing.add(destination);
    },
    taken(perDestination) {
      const taken: Record<string, number> = Object.fromEntries(running);
      for (const destination of failing)
        taken[destination] = running.has(destination) ? perDestination : perDestination - 1;
      return taken;
    },
    get count() {
      return count;
    },
  };
}

/** Which notifications of a connection have been heard, in bounded room: all below one id, and single ones above it. */

const defaultMostAhead = 1_000;

export interface HeardIds {
  /** 0 before anything is known. */
  lowestNotHeard(): number;
  /** False where it has been heard before. */
  hear(id: number): boolean;
  /** There is none up to this one that has not been heard. */
  hearAllUpTo(id: number): void;
}

export function createHeardIds(mostAhead = defaultMostAhead): HeardIds {
  let lowest = 0;
  const ahead = new Set<number>();
  const advance = (): void => {
    while (ahead.delete(lowest)) lowest += 1;
  };
  return {
    lowestNotHeard: () => lowest,
    hear(id) {
      if (id < lowest || ahead.has(id)) return false;
      ahead.add(id);
      // What is missing below all of them is given up.
      if (ahead.size > mostAhead) lowest = Math.min(...ahead);
      advance();
      return true;
    },
    hearAllUpTo(id) {
      if (id < lowest) return;
      lowest = id + 1;
      for (const one of ahead) if (one < lowest) ahead.delete(one);
      advance();
    },
  };
}

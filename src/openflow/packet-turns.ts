/**
 * Whose packet-ins are handled when: every session a few at a time, one after the other, and all of them together for only so long in one turn
 * of the event loop. Answers, requests and whatever else waits for this thread have the rest of it, however many packets there are.
 */
export interface PacketTurns {
  /** There is something to take: at once, if this turn has time left. `take` handles a few and says whether it wants to go on. */
  ready(take: () => boolean): void;
}

export function createPacketTurns(turnMs: number): PacketTurns {
  const waiting = new Set<() => boolean>();
  /** Of what packet-ins have of this turn of the event loop; undefined: nothing was ready in it yet. Only the next turn sets it anew. */
  let endMs: number | undefined;
  let isTaking = false;

  function begin(): number {
    setImmediate(next);
    return performance.now() + turnMs;
  }

  function next(): void {
    endMs = undefined;
    if (waiting.size > 0) takeAll();
  }

  function takeAll(): void {
    endMs ??= begin();
    isTaking = true;
    // What is put back comes again at the end.
    for (const take of waiting) {
      waiting.delete(take);
      if (take()) waiting.add(take);
      if (performance.now() >= endMs) break;
    }
    isTaking = false;
  }

  return {
    ready(take) {
      waiting.add(take);
      if (!isTaking && (endMs === undefined || performance.now() < endMs)) takeAll();
    },
  };
}

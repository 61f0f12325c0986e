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
  let endMs = 0;
  /** This turn of the event loop has had its time: what is ready waits for the next. */
  let isOver = false;
  let isTaking = false;

  function next(): void {
    isOver = false;
    endMs = performance.now() + turnMs;
    takeAll();
  }

  function takeAll(): void {
    isTaking = true;
    // What is put back comes again at the end.
    for (const take of waiting) {
      waiting.delete(take);
      if (take()) waiting.add(take);
      if (performance.now() >= endMs) {
        isOver = true;
        setImmediate(next);
        break;
      }
    }
    isTaking = false;
  }

  return {
    ready(take) {
      waiting.add(take);
      if (isOver || isTaking) return;
      if (performance.now() >= endMs) endMs = performance.now() + turnMs;
      takeAll();
    },
  };
}

/** The time in milliseconds, asked of a clock once per turn of the event loop: for who wants it hundreds of times in one. */
import type { Clock } from './clock.js';
import { atTurnEnd } from './turn-end.js';

export function createTurnClock(clock: Clock): () => number {
  let nowMs: number | undefined;
  const forget = (): void => {
    nowMs = undefined;
  };
  return () => {
    if (nowMs !== undefined) return nowMs;
    nowMs = clock.now().getTime();
    atTurnEnd(forget);
    return nowMs;
  };
}

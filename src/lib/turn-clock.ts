/** The time, asked of a clock once per turn of the event loop: for who wants it hundreds of times in one. */
import type { Clock } from './clock.js';
import { atTurnEnd } from './turn-end.js';

export function createTurnClock(clock: Clock): () => Date {
  let now: Date | undefined;
  const forget = (): void => {
    now = undefined;
  };
  return () => {
    if (now !== undefined) return now;
    now = clock.now();
    atTurnEnd(forget);
    return now;
  };
}

/** Time as a dependency: whoever needs *now* is given a Clock, so that tests decide what time it is. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

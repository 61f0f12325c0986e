/** How long to wait before the next attempt: doubling, up to a ceiling. Pure. */
const firstMs = 250;
const ceilingMs = 30_000;

/** `attempts`: how many have failed so far, from 1. */
export const deriveBackoffMs = (attempts: number): number =>
  Math.min(ceilingMs, firstMs * 2 ** Math.min(Math.max(attempts, 1) - 1, 16));

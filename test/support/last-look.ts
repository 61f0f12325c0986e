/** For what must be compared as a whole and comes about by itself: the comparison is the caller's, and shows what is missing. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What was seen when `isSo` held, or at last; an error is thrown only by the last look. */
export async function lastLook<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  patienceMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const isLast = Date.now() >= deadline;
    try {
      const seen = await look();
      if (isLast || isSo(seen)) return seen;
    } catch (error) {
      if (isLast) throw error;
    }
    await sleep(200);
  }
}

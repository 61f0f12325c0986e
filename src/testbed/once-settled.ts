/** For what comes to rest by itself and says so nowhere: a switch writes the state of its links into its database when it has time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

const quietMs = 1_000;
const patienceMs = 60_000;

/** What is seen twice, a second apart; where nothing is, what was seen last. */
export async function onceSettled<T>(look: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  let seen = await look();
  for (;;) {
    await sleep(quietMs);
    const next = await look();
    if (isDeepStrictEqual(next, seen) || Date.now() >= deadline) return next;
    seen = next;
  }
}

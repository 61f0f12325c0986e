/** Waits for a condition, with a deadline: no test sleeps for a fixed time. */
import { setTimeout } from 'node:timers/promises';

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  do {
    if (await condition()) return;
    await setTimeout(10);
  } while (Date.now() < deadline);
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

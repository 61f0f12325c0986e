/** Waits for a condition, with a deadline: no test sleeps for a fixed time. */
import { setTimeout } from 'node:timers/promises';

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 15_000,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += 10) {
    if (await condition()) return;
    await setTimeout(10);
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

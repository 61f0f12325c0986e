/** Waits until a condition holds: asked again and again up to a deadline, never slept for blindly. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const askAgainMs = 20;

/** The first value that is neither undefined nor false; fails with what was waited for. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 10_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) assert.fail(`after ${deadlineMs} ms still not: ${what}`);
    await sleep(askAgainMs);
  }
}

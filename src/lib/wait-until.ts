/** Waits for a condition with a deadline, by asking for it again and again. For things that cannot be subscribed to. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, for the error: `the switch's socket`. */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
  signal?: AbortSignal;
}

/** The condition was still not true at its deadline. */
export class WaitTimeout extends Error {
  override name = 'WaitTimeout';
}

/** Resolves with the first value that is neither undefined nor false. An error of `probe` ends the wait. */
export async function waitUntil<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() >= deadline) throw new WaitTimeout(`${options.what}: not after ${options.timeoutMs} ms`);
    await sleep(options.intervalMs ?? 50, undefined, { signal: options.signal });
  }
}

/** Resolves with the first result that is no error; the last error is the timeout's cause. */
export async function waitForSuccess<T>(work: () => Promise<T>, options: WaitOptions): Promise<T> {
  let last: unknown;
  const attempt = async (): Promise<{ result: T } | undefined> => {
    try {
      return { result: await work() };
    } catch (error) {
      last = error;
      return undefined;
    }
  };
  try {
    return (await waitUntil(attempt, options)).result;
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    throw new WaitTimeout(`${error.message}: ${last instanceof Error ? last.message : last}`, { cause: last });
  }
}

/** Asks again, under the same correlation id, while no answer comes: a lost answer must not look like a refusal. */
import { isTransient } from './site-fault.js';

export interface Patience {
  /** Ask again until this much time has passed since the first try. */
  patienceMs: number;
  firstDelayMs: number;
  maxDelayMs: number;
}

export interface Waiting {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Throws the last error when patience is over, and at once what is not transient. */
export async function persist<T>(call: () => Promise<T>, patience: Patience, waiting: Waiting): Promise<T> {
  const giveUpAt = waiting.now() + patience.patienceMs;
  for (let delayMs = patience.firstDelayMs; ; delayMs = Math.min(delayMs * 2, patience.maxDelayMs)) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || waiting.now() + delayMs > giveUpAt) throw error;
    }
    await waiting.sleep(delayMs);
  }
}

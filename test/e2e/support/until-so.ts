/** Until it is so, with the patience that whole sites on a busy machine ask for. */
import { waitUntil } from '../../../src/lib/wait-until.js';

export const untilSo = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> =>
  waitUntil(look, { what, timeoutMs: 120_000, intervalMs: 50 }) as Promise<T>;

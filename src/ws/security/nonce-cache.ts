/** Remembers the nonces of accepted tokens for as long as their time stamp would be accepted again. Only good tokens come here. */
import type { Clock } from '../../lib/clock.js';

export interface NonceCache {
  /** False if the nonce was there already. */
  add(nonce: string, forgetAt: Date): boolean;
}

export function createNonceCache(clock: Clock): NonceCache {
  const forgetAtMs = new Map<string, number>();
  let sweepAtMs = 0;
  const sweep = (nowMs: number): void => {
    if (nowMs < sweepAtMs) return;
    sweepAtMs = nowMs + 10_000;
    for (const [nonce, atMs] of forgetAtMs) if (atMs < nowMs) forgetAtMs.delete(nonce);
  };
  return {
    add: (nonce, forgetAt) => {
      sweep(clock.now().getTime());
      if (forgetAtMs.has(nonce)) return false;
      forgetAtMs.set(nonce, forgetAt.getTime());
      return true;
    },
  };
}

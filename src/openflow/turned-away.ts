/** Connections that were turned away before they were a switch: counted all, told to the log once a minute for the same peer and reason. */
import type { Log } from '../lib/log.js';

const quietMs = 60_000;
/** Whoever comes from ever new addresses does not fill our memory. */
const mostRemembered = 1_000;

export function createTurnedAway(log: Log) {
  const lastTold = new Map<string, number>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    note(address: string, peer: string, reason: string): void {
      count += 1;
      const about = `${address} ${peer} ${reason}`;
      const now = Date.now();
      if (now - (lastTold.get(about) ?? -quietMs) < quietMs) return;
      if (lastTold.size >= mostRemembered) lastTold.clear();
      lastTold.set(about, now);
      log.warn({ address, peer, reason }, 'connection turned away');
    },
  };
}

/** How often a registry did not believe what was said at a node. Told to the log once in a while, since whoever lies lies often. */
import type { Refusal } from '../../domain/registry/registry-limits.js';
import type { Log } from '../../lib/log.js';

const quietMs = 60_000;

export interface Refused {
  node: string;
  connectionId: string;
  portName: string;
  reason: Refusal;
  mac: string;
  ip?: string;
  atMs: number;
}

export function createRefusalCounts(log: Log) {
  const counts = new Map<string, Partial<Record<Refusal, number>>>();
  const lastTold = new Map<string, number>();

  function tell({ atMs, ...refused }: Refused): void {
    const about = `${refused.connectionId} ${refused.reason}`;
    if (atMs - (lastTold.get(about) ?? -quietMs) < quietMs) return;
    lastTold.set(about, atMs);
    log.warn(refused, 'the registry does not believe this');
  }

  return {
    note(refused: Refused): void {
      const ofNode = counts.get(refused.node) ?? {};
      ofNode[refused.reason] = (ofNode[refused.reason] ?? 0) + 1;
      counts.set(refused.node, ofNode);
      tell(refused);
    },
    of: (node: string): Partial<Record<Refusal, number>> => ({ ...counts.get(node) }),
  };
}

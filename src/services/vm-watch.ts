/**
 * Which domains the last rounds left running, so that one that does not run any more is noticed with one cheap question per node. Only what
 * this process has built itself or looked at; the periodic round shows it the rest.
 */
import type { ComputeDriver, ObservedDomain } from '../domain/ports/compute-driver.js';

export type RunningDomain = Pick<ObservedDomain, 'node' | 'domainName'>;

export interface VmWatch {
  /** In place of what was known of this VI. */
  remember(connectionId: string, running: readonly RunningDomain[]): void;
  forget(connectionId: string): void;
  /** VIs of which a domain on this node does not run any more: named once, until they are remembered again. Throws DriverError. */
  look(node: string): Promise<string[]>;
}

export function createVmWatch(compute: Pick<ComputeDriver, 'listRunning'>): VmWatch {
  const known = new Map<string, readonly RunningDomain[]>();
  return {
    remember(connectionId, running) {
      if (running.length > 0) known.set(connectionId, running);
      else known.delete(connectionId);
    },
    forget: (connectionId) => void known.delete(connectionId),
    async look(node) {
      const before = new Map(known);
      const running = new Set(await compute.listRunning(node));
      const isMissing = (domain: RunningDomain): boolean => domain.node === node && !running.has(domain.domainName);
      // What was remembered while the node was asked is newer than its answer.
      const missing = [...before].filter(([id, domains]) => known.get(id) === domains && domains.some(isMissing));
      for (const [connectionId] of missing) known.delete(connectionId);
      return missing.map(([connectionId]) => connectionId);
    },
  };
}

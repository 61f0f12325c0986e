/** What crosses between the thread of the network driver and the rest of Iris, either way. Plain data only. */
import type { NetworkDriver } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { Site } from '../../../domain/site/site-file.js';
import type { LogForm } from '../../../lib/log.js';

/** What the site's lease says at once. */
export interface LeaseView {
  generation: bigint | undefined;
  /** By node. */
  controllers: Record<string, string[]>;
}

export interface ThreadData {
  site: Site;
  instance: string;
  log: LogForm;
  /** Absent: this process is alone. */
  lease?: LeaseView & { heldMs: number };
}

/** What the thread answers: what is said of the driver's own methods is said in src/domain/ports/network-driver.ts. */
export type DriverCalls = Omit<NetworkDriver, 'start' | 'lead' | 'segmentMtu'> & {
  start(): Promise<void>;
  lead(lease: LeaseView | undefined): Promise<void>;
  /** The lease has come, gone or changed hands. */
  lease(view: LeaseView): void;
  pulse(): void;
};

export interface EventBatch {
  nodes: string[];
  /** By connection id. */
  entries: [string, RegistryEntry[]][];
}

/** What the thread asks of the others. */
export interface HostCalls {
  ensureLease(): Promise<bigint>;
  raiseLease(seen: bigint): Promise<bigint>;
  noteMaster: SiteLease['noteMaster'];
  /** Answered when all of it was handed on: until then no more of it comes. */
  happened(batch: EventBatch): void;
  /** A line of the log, as it is written. */
  log(line: string): void;
}

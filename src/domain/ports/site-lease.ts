/**
 * Several Iris processes on one database, and one of them that may change nodes: the one that has the site's lease. Its *generation* grows
 * whenever the lease changes hands, and goes with everything that it does: switches and their databases refuse an older one by themselves.
 */

/** What drivers and services ask before they change something. Implemented by src/services/site-lease.ts. */
export interface SiteLease {
  /** Of this process; undefined while another has the lease. */
  generation(): bigint | undefined;
  /**
   * Resolves with the generation if this process has the lease at this moment, by the database's clock, and for a while yet. Throws
   * DriverError transient if not: whoever was about to change something leaves it to the other process.
   */
  ensure(): Promise<bigint>;
  /** An answer of `ensure` is worth nothing so many milliseconds after the question: see LeaseStore.hold. */
  readonly heldMs: number;
  /** Called whenever `generation` has changed. */
  onChange(listener: () => void): void;
  /** A generation newer than `seen`, which a switch has been told by somebody: the lease is ours and the database came from a backup. */
  raise(seen: bigint): Promise<bigint>;
  /** Where a node's switch finds the controllers of all processes, this one's among them. */
  controllers(node: string): string[];
  /** A switch has accepted this process as its master. */
  noteMaster(node: string, generation: bigint): void;
}

/** A process as the database knows it. */
export interface ProcessEntry {
  process: string;
  name: string;
  /** Controller address by node. */
  controllers: Record<string, string>;
  startedAt: Date;
  /** Its session with the database stands. */
  alive: boolean;
}

/** Who was last accepted as its master by a switch. */
export interface SwitchMaster {
  node: string;
  process: string;
  generation: bigint;
}

export interface LeaseView {
  /** Absent: it was given back. */
  owner?: string;
  generation: bigint;
  /** By the database's clock: its owner has not renewed it in time. */
  expired: boolean;
  /** The owner's session with the database has ended, as it does when a process is killed. */
  ownerGone: boolean;
}

export interface ProcessView {
  lease: LeaseView;
  processes: ProcessEntry[];
  masters: SwitchMaster[];
}

export type NewProcess = Pick<ProcessEntry, 'process' | 'name' | 'controllers'>;

/** The lease in the database; every method is one process's. Implemented by src/store. */
export interface LeaseStore {
  /** Says that this process lives, renews the lease if it is its own, and looks at the others. */
  beat(self: NewProcess, leaseMs: number): Promise<ProcessView>;
  /** Takes the lease if nobody has it, if it has expired, or if its owner was seen to be gone in generation `gone`. The new generation. */
  take(process: string, leaseMs: number, gone: bigint | undefined): Promise<bigint | undefined>;
  /** Whether it is still this process's, in this generation, and will be for half of `leaseMs` after the question: it is renewed if need be. */
  hold(process: string, generation: bigint, leaseMs: number): Promise<boolean>;
  /** The owner's generation becomes newer than `seen`. Undefined: the lease is another's. */
  raise(process: string, seen: bigint): Promise<bigint | undefined>;
  noteMaster(master: SwitchMaster): Promise<void>;
  /** All reconciling that is not this one's may be claimed again; and due work and callbacks that were begun by processes of `gone`, or that nobody knows. */
  freeClaims(process: string, gone: readonly string[]): Promise<void>;
  /** Forgets processes that have said nothing for so long. */
  forgetSilent(silentMs: number): Promise<void>;
  /** Gives the lease back, if it is this process's, and forgets the process. */
  leave(process: string): Promise<void>;
  /** Called when a process came or left, or the lease was given back (LISTEN/NOTIFY). */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

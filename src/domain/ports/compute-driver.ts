/**
 * What Iris asks of whatever runs VMs. The written contract, with MUST and SHOULD, is docs/drivers.md; one behavioural
 * suite (test/drivers/compute/contract.ts) is passed by every implementation. All methods are idempotent and throw DriverError.
 */
import type { Mark } from '../vi/mark.js';
import type { PlacedVm } from '../vi/placed-vi.js';

export type Accelerator = 'kvm' | 'tcg';

/** What a node is, found out by asking it. */
export interface ComputeFingerprint {
  node: string;
  hypervisor: string;
  accelerator: Accelerator;
  /** Whether an L1 VM will find its own virtualisation extension. */
  nested: boolean;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

export type DomainState = 'running' | 'paused' | 'shutoff' | 'crashed';

export interface ObservedDomain {
  node: string;
  /** `mark.version` is the version that the domain was last defined by: a running one is not redefined. */
  mark: Mark;
  vmName: string;
  /** The name that the hypervisor knows it by. */
  domainName: string;
  state: DomainState;
  /** True when the guest shut itself down (not killed, not crashed, never destroyed by us). */
  shutDownByGuest: boolean;
  nics: { mac: string; portName: string }[];
}

/** A disk of ours on a node, with or without a domain: `remove(…, 'keep')` leaves it, `remove(…, 'erase')` frees it. */
export interface ObservedDisk {
  node: string;
  connectionId: string;
  vmName: string;
}

export interface DomainRequest {
  mark: Mark;
  vm: PlacedVm;
  /** OVS bridge that the NICs are plugged into. */
  bridge: string;
  /** MTU told to the NICs, bytes. */
  mtu: number;
}

export interface ComputeCapabilities {
  nested: boolean;
  userData: boolean;
  images: string[];
}

export interface ComputeDriver {
  capabilities(): ComputeCapabilities;
  fingerprint(node: string): Promise<ComputeFingerprint>;
  /** The domains on this node that bear this site instance's mark; never a foreign one. */
  observe(node: string): Promise<ObservedDomain[]>;
  /** Names of all domains that run on this node, whosoever: one cheap question, asked every few seconds. */
  listRunning(node: string): Promise<string[]>;
  /** The disks on this node that bear this site instance's mark, for orphans: a disk outlives its domain. */
  observeDisks(node: string): Promise<ObservedDisk[]>;
  /** What `ensure` would define, for `planReservation`; touches nothing. */
  describe(request: DomainRequest): string;
  /** The VM exists as described, with its disk, and is at least paused. A running one is left alone. */
  ensure(request: DomainRequest): Promise<ObservedDomain>;
  /** A paused VM runs. A running one is left alone; a guest that shut itself down stays down. One that is down for another reason needs `ensure` first: transient. */
  run(node: string, mark: Mark, vmName: string): Promise<void>;
  /** No such VM runs or is defined. `disk: 'keep'` leaves its disk for the next provision; `'erase'` overwrites nothing of others and frees it. */
  remove(
    node: string,
    mark: Pick<Mark, 'instance' | 'connectionId'>,
    vmName: string,
    disk: 'keep' | 'erase',
  ): Promise<void>;
  /** Finishes or undoes what an interrupted call left half done on this node. Called at start and when a node comes back. */
  recover(node: string): Promise<void>;
}

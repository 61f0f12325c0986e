/**
 * What Iris asks of whatever connects VMs. The written contract is docs/drivers.md; one behavioural suite
 * (test/drivers/network/contract.ts) is passed by every implementation. All methods are idempotent and throw DriverError.
 */

import type { RegistryEntry } from '../registry/registry-entry.js';
import type { Refusal } from '../registry/registry-limits.js';
import type { PlacedVi } from '../vi/placed-vi.js';
import type { FrameTrace, TraceQuestion } from './frame-trace.js';

export interface NetworkFingerprint {
  node: string;
  switchVersion: string;
  datapathId: string;
  /** Whether the switch's OpenFlow channel stands. */
  connected: boolean;
}

/** What one node would be given, in words that an operator knows from ovs-vsctl and ovs-ofctl. */
export interface NodeNetworkPlan {
  node: string;
  /** `add-port`-like descriptions of OVSDB rows. */
  ovsdbRows: string[];
  groups: string[];
  meters: string[];
  flows: string[];
}

export interface NetworkObservation {
  node: string;
  /** VIs that have flows of ours on this node, by vi number. */
  viNumbers: number[];
  /** VIs whose mark ports on our bridge bear, by connection id. */
  ofPorts: string[];
}

/** What Iris leaves on a node beside what it builds, for the day on which its database has forgotten. */
export interface NodeNote {
  /** The newest round that changed something here; 0 before the first. */
  round: number;
  /** By connection id, what the VI is: text that `src/services/record-text.ts` writes. */
  records: Record<string, string>;
}

/** What is absent stays; an undefined record goes. A lower round than the one that is there changes nothing. */
export interface NodeNoteChange {
  round?: number;
  records?: Record<string, string | undefined>;
}

/** Since the driver started; absent: none. */
export interface PacketInsDropped {
  /** By the switch: more than a port may tell. Counted while this process has the lease, so that no other counts it as well. */
  meter?: number;
  /** By us: more than there was time for, the oldest first. */
  queue?: number;
}

export interface NetworkStatus {
  node: string;
  connected: boolean;
  /** What the switch has accepted this process as; absent where it has not, or where switches know no roles. */
  role?: 'master' | 'slave';
  /** Name of the process that the switch has last accepted as its master, as all processes know it. */
  master?: string;
  /** Packets that the switch has sent to us since the driver started. */
  packetIns: number;
  packetInsDropped: PacketInsDropped;
  /** How often the registry did not believe what was said there, by reason, since the driver started. */
  refused: Partial<Record<Refusal, number>>;
  /** How often somebody claimed to be its switch and showed another's certificate, or none; absent where no TLS is spoken. */
  impostors?: number;
  /** What the switch refused or lacks, in words; empty when all is well. */
  problems: string[];
}

export interface StandingVi {
  vi: PlacedVi;
  entries: RegistryEntry[];
}

export interface NetworkEvents {
  /** Something on this node changed that may need another round: a reconnect, a port that came or went. */
  nodeChanged: (node: string) => void;
  /** The registry learnt or changed; for persistence. */
  registryChanged: (connectionId: string, entry: RegistryEntry) => void;
}

export interface NetworkDriver {
  /** Listens and looks; changes nothing on any node before `lead`. */
  start(events: NetworkEvents): Promise<void>;
  /** What stands already, with what its registry knew: instead of all that this driver was told to keep before. Sends nothing. */
  adopt(standing: readonly StandingVi[]): Promise<void>;
  /**
   * From now on this process is the one that changes nodes, and master of their switches. Resolves when every reachable node's bridge exists
   * and its switch is told where all processes are. May be called again, when other processes have come or gone.
   */
  lead(): Promise<void>;
  /** Another process does, from now on: nothing more is sent to any node, and `registry` is empty: what is known here grows old. */
  standBy(): Promise<void>;
  stop(): Promise<void>;
  fingerprint(node: string): Promise<NetworkFingerprint>;
  /** MTU of the segment's NICs: what the narrowest underlay leaves after encapsulation and one VLAN tag. Pure. */
  segmentMtu(vi: PlacedVi): number;
  /** What `ensure` would build; touches nothing. */
  plan(vi: PlacedVi): Promise<NodeNetworkPlan[]>;
  /** Tunnels, ports, groups, meters and flows of this VI stand on all its nodes and nowhere else. Per node a failure of its own. */
  ensure(vi: PlacedVi): Promise<void>;
  /** Nothing of this VI is left, tunnels that no other VI uses included. */
  remove(vi: PlacedVi): Promise<void>;
  observe(node: string): Promise<NetworkObservation>;
  readNote(node: string): Promise<NodeNote>;
  /** Touches nothing where all is as wanted. */
  writeNote(node: string, change: NodeNoteChange): Promise<void>;
  /**
   * The way of a frame between two machines that the VI's registry knows, switch by switch; sends no frame. notFound: this driver does not keep
   * the VI, or does not know the sender's place.
   */
  trace(connectionId: string, question: TraceQuestion): Promise<FrameTrace>;
  /** As this driver knows it; asks no node. */
  status(): Promise<NetworkStatus[]>;
  registry(connectionId: string): Promise<RegistryEntry[]>;
  /** Entries from the store, before the first `ensure` of a restart. */
  restore(connectionId: string, entries: RegistryEntry[]): Promise<void>;
  /** The node is given back: bridge, controller and every port of ours are gone from it. VIs on it are cut. */
  leave(node: string): Promise<void>;
}

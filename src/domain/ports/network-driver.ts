/**
 * What Iris asks of whatever connects VMs. The written contract is docs/drivers.md; one behavioural suite
 * (test/drivers/network/contract.ts) is passed by every implementation. All methods are idempotent and throw DriverError.
 */

import type { RegistryEntry } from '../registry/registry-entry.js';
import type { PlacedVi } from '../vi/placed-vi.js';

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
  /** VIs that have ports, flows, groups or meters of ours on this node, by vi number. */
  viNumbers: number[];
}

export interface NetworkStatus {
  node: string;
  connected: boolean;
  /** Packets that the switch has sent to us since the driver started. */
  packetIns: number;
  /** What the switch refused or lacks, in words; empty when all is well. */
  problems: string[];
}

export interface NetworkEvents {
  /** Something on this node changed that may need another round: a reconnect, a port that came or went. */
  nodeChanged: (node: string) => void;
  /** The registry learnt or changed; for persistence. */
  registryChanged: (connectionId: string, entry: RegistryEntry) => void;
}

export interface NetworkDriver {
  /** Listens and connects; resolves when every reachable node's bridge exists and its switch is told where we are. */
  start(events: NetworkEvents): Promise<void>;
  stop(): Promise<void>;
  fingerprint(node: string): Promise<NetworkFingerprint>;
  /** MTU of the segment's NICs: what the narrowest underlay leaves after encapsulation and one VLAN tag. Pure. */
  segmentMtu(vi: PlacedVi): number;
  /** What `ensure` would build; pure, touches nothing. */
  plan(vi: PlacedVi): NodeNetworkPlan[];
  /** Tunnels, ports, groups, meters and flows of this VI stand on all its nodes and nowhere else. Per node a failure of its own. */
  ensure(vi: PlacedVi): Promise<void>;
  /** Nothing of this VI is left, tunnels that no other VI uses included. */
  remove(vi: PlacedVi): Promise<void>;
  observe(node: string): Promise<NetworkObservation>;
  status(): NetworkStatus[];
  registry(connectionId: string): RegistryEntry[];
  /** Entries from the store, before the first `ensure` of a restart. */
  restore(connectionId: string, entries: RegistryEntry[]): void;
  /** The node is given back: bridge, controller and every port of ours are gone from it. VIs on it are cut. */
  leave(node: string): Promise<void>;
}

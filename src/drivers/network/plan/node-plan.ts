/** What one node is given for one VI, with ports and meters by name: numbers are resolved when it is applied. */
import type { IpAddress, MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { PatchPort } from './join-ports.js';
import type { TableName } from './pipeline.js';
import type { Tunnel } from './tunnel.js';

/** The protocols that tell who is where, by what a switch can match of them. */
export type PuntedProtocol = 'arp' | 'rarp' | 'neighbourSolicitation' | 'neighbourAdvertisement';

/** What a flow can match by what a frame says of itself. */
export type Protocol = PuntedProtocol | 'arpRequest' | 'ipv4' | 'ipv6';

export interface PlanMatch {
  inPort?: string;
  tunnelKey?: number;
  metadata?: { value: bigint; mask: bigint };
  vlan?: VlanId;
  destination?: MacAddress;
  /** As the Ethernet header says it. */
  source?: MacAddress;
  protocol?: Protocol;
  /** As an ARP, solicitation, advertisement or IP packet names its sender. */
  sender?: { mac?: MacAddress; ip: IpAddress };
  /** The address that an ARP request or a solicitation asks for. */
  target?: IpAddress;
  /** Below the first tag there is another: a customer's (0x8100) or a provider's (0x88a8). */
  secondTag?: 'customer' | 'service';
}

/** Kilobits per second; what is above is dropped in the switch. */
export interface RateMeter {
  name: string;
  meterId: number;
  kbps: number;
}

export type PlanAction =
  | { type: 'output'; port: string }
  | { type: 'setTunnelKey'; key: number }
  /** The tag becomes another, comes on or goes off: 0 is none. */
  | { type: 'setVlan'; before: VlanId; after: VlanId }
  /** By the port that it came in by. */
  | { type: 'sendBack' }
  | { type: 'toController' }
  /** The ARP request becomes its reply, which says that `mac` has `ip`, and goes back. */
  | { type: 'replyArp'; mac: MacAddress; ip: IpAddress }
  /** The solicitation becomes an advertisement of `mac` for `ip` but for the option that says so: a switch allows that only in a second table. */
  | { type: 'turnSolicitation'; mac: MacAddress; ip: IpAddress }
  /** Which says so, and sends it back. */
  | { type: 'sendAdvertisement' };

/** Who answers questions for addresses: the switch itself, or the controller for a switch that lacks the extension. */
export type Answerer = 'switch' | 'controller';

export interface PlanFlow {
  readonly table: TableName;
  readonly priority: number;
  readonly match: PlanMatch;
  /** The port whose meter the frame must pass. */
  readonly meterOf?: string;
  readonly rateMeter?: RateMeter;
  readonly writeMetadata?: { value: bigint; mask: bigint };
  /** Applied at once, in order. None and no `goTo`: the frame is dropped. */
  readonly actions: readonly PlanAction[];
  readonly goTo?: TableName;
  /** Only where questions are answered so; everywhere if absent. */
  readonly where?: Answerer;
  /** The registry's entry that it comes from (`toEntryKey`); absent: it comes with the VI. */
  readonly entry?: string;
}

export interface NodePlan {
  node: string;
  viNumber: number;
  cookie: bigint;
  /** Plugged by the hypervisor, not by us. */
  vmPorts: string[];
  /** Plugged by us and shared with other VIs. */
  externalPorts: string[];
  /** Ends of patches within our bridge. */
  patches: PatchPort[];
  tunnels: Tunnel[];
  /** Ports whose news pass a meter. */
  meters: string[];
  /** What each of these meters lets through. */
  newsPerSecond: number;
  /** In parts: what nodes are given alike is the same list for all of them, since a large VI is thousands of flows on each of a hundred nodes. */
  readonly parts: readonly (readonly PlanFlow[])[];
}

export const flowsOfPlan = ({ parts }: Pick<NodePlan, 'parts'>): PlanFlow[] => parts.flat();

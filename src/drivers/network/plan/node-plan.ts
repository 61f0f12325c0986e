/** What one node is given for one VI, with ports and meters by name: numbers are resolved when it is applied. */
import type { MacAddress, VlanId } from '../../../domain/vi/criteria.js';
import type { TableName } from './pipeline.js';
import type { Tunnel } from './tunnel.js';

/** The protocols that tell who is where, by what a switch can match of them. */
export type PuntedProtocol = 'arp' | 'rarp' | 'neighbourSolicitation' | 'neighbourAdvertisement';

export interface PlanMatch {
  inPort?: string;
  tunnelKey?: number;
  metadata?: { value: bigint; mask: bigint };
  vlan?: VlanId;
  destination?: MacAddress;
  protocol?: PuntedProtocol;
}

export type PlanAction =
  | { type: 'output'; port: string }
  | { type: 'setTunnelKey'; key: number }
  | { type: 'toController' };

export interface PlanFlow {
  table: TableName;
  priority: number;
  match: PlanMatch;
  /** The port whose meter the frame must pass. */
  meterOf?: string;
  writeMetadata?: { value: bigint; mask: bigint };
  /** Applied at once, in order. None and no `goTo`: the frame is dropped. */
  actions: PlanAction[];
  goTo?: TableName;
}

export interface NodePlan {
  node: string;
  viNumber: number;
  cookie: bigint;
  /** Plugged by the hypervisor, not by us. */
  vmPorts: string[];
  /** Plugged by us and shared with other VIs. */
  externalPorts: string[];
  tunnels: Tunnel[];
  /** Ports that have a meter. */
  meters: string[];
  flows: PlanFlow[];
}

/** The way of one frame through the switches of this site, as NetworkDriver.trace tells it: a step for each switch that it enters. */
import type { MacAddress, VlanId } from '../vi/criteria.js';

export interface TraceQuestion {
  vlan: VlanId;
  from: MacAddress;
  /** May be a group address: then the frame is flooded. */
  to: MacAddress;
}

/** A flow that took the frame, in the words of ovs-ofctl, with ports by name. */
export interface TracedRule {
  /** By name where it is one of ours. */
  table: string;
  /** Absent: no flow of the table wants the frame. */
  priority?: number;
  match: string;
  actions: string[];
  /** Of whose VI it is; absent where it bears no mark of this site, or one that this driver does not keep. */
  connectionId?: string;
  viNumber?: number;
  /** Why it is there, in a sentence. */
  reason: string;
}

export const traceTargets = [
  'vm',
  'externalPort',
  'node',
  'site',
  'service',
  'controller',
  'sender',
  'unknown',
] as const;

/** `service`: by a patch into a point-to-point service, or out of one, on the same switch; `sender`: back by the port that it came in by. */
export type TraceTarget = (typeof traceTargets)[number];

export interface TraceOutput {
  port: string;
  leadsTo: TraceTarget;
  /** Name of the VM, external port, node or site. */
  name: string;
}

/** `switch`: `ofproto/trace` of the switch itself; `flows`: the flows that this driver has standing there, evaluated by us. */
export const traceSources = ['switch', 'flows'] as const;
export type TraceSource = (typeof traceSources)[number];

export interface TraceStep {
  node: string;
  inPort: string;
  vlan: VlanId;
  source: TraceSource;
  /** Why the switch itself was not asked. */
  sourceReason?: string;
  rules: TracedRule[];
  /** Empty: it is dropped here. */
  outputs: TraceOutput[];
}

export interface FrameTrace {
  steps: TraceStep[];
  /** What becomes of it, in a sentence. */
  outcome: string;
}

/** A plan with port names → flow-mods with numbers. What needs a port that the switch lacks is left out and named. */
import type { Action } from '../../../wire/openflow/actions.js';
import type { Instruction } from '../../../wire/openflow/instructions.js';
import type { Match } from '../../../wire/openflow/match.js';
import { vlanPresent } from '../../../wire/openflow/oxm-fields.js';
import { reservedPort, wholePacket } from '../../../wire/openflow/reserved-numbers.js';
import type { NodePlan, PlanAction, PlanFlow, PlanMatch, PuntedProtocol } from '../plan/node-plan.js';
import { tables } from '../plan/pipeline.js';

export interface ResolvedFlow {
  table_id: number;
  priority: number;
  cookie: bigint;
  match: Match;
  instructions: Instruction[];
}

export interface ResolvedPlan {
  flows: ResolvedFlow[];
  /** A meter has its port's number. */
  meterIds: number[];
  missingPorts: string[];
}

export type PortNumbers = ReadonlyMap<string, number>;

const protocolMatch: Record<PuntedProtocol, Match> = {
  arp: { eth_type: 0x0806 },
  rarp: { eth_type: 0x8035 },
  neighbourSolicitation: { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 135 },
  neighbourAdvertisement: { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 136 },
};

function toMatch(match: PlanMatch, ports: PortNumbers): Match {
  const { inPort, tunnelKey, metadata, vlan, destination, protocol } = match;
  return {
    ...(protocol === undefined ? {} : protocolMatch[protocol]),
    ...(inPort === undefined ? {} : { in_port: ports.get(inPort)! }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(destination === undefined ? {} : { eth_dst: destination }),
    ...(vlan === undefined ? {} : { vlan_vid: vlan === 0 ? 0 : vlanPresent | vlan }),
    ...(tunnelKey === undefined ? {} : { tunnel_id: BigInt(tunnelKey) }),
  };
}

export const toOutput = (port: number): Action => ({ type: 'output', port });
export const toTunnelKey = (key: number): Action => ({ type: 'set_field', field: { tunnel_id: BigInt(key) } });

/** A port that the switch lacks is left out: the frame still reaches the others. */
function toAction(action: PlanAction, ports: PortNumbers): Action[] {
  if (action.type === 'setTunnelKey') return [toTunnelKey(action.key)];
  if (action.type === 'toController') return [{ type: 'output', port: reservedPort.controller, max_len: wholePacket }];
  const number = ports.get(action.port);
  return number === undefined ? [] : [toOutput(number)];
}

function toInstructions(flow: PlanFlow, ports: PortNumbers): Instruction[] {
  const actions = flow.actions.flatMap((action) => toAction(action, ports));
  const instructions: Instruction[] = [];
  if (flow.meterOf !== undefined) instructions.push({ type: 'meter', meter_id: ports.get(flow.meterOf)! });
  if (actions.length > 0) instructions.push({ type: 'apply_actions', actions });
  if (flow.writeMetadata !== undefined) {
    const { value, mask } = flow.writeMetadata;
    instructions.push({ type: 'write_metadata', metadata: value, metadata_mask: mask });
  }
  if (flow.goTo !== undefined) instructions.push({ type: 'goto_table', table_id: tables[flow.goTo] });
  return instructions;
}

const portsOf = (plan: NodePlan): string[] => [
  ...plan.vmPorts,
  ...plan.externalPorts,
  ...plan.tunnels.map((tunnel) => tunnel.portName),
];

export function resolve(plan: NodePlan, ports: PortNumbers): ResolvedPlan {
  const isResolvable = (flow: PlanFlow): boolean => flow.match.inPort === undefined || ports.has(flow.match.inPort);
  return {
    flows: plan.flows.filter(isResolvable).map((flow) => ({
      table_id: tables[flow.table],
      priority: flow.priority,
      cookie: plan.cookie,
      match: toMatch(flow.match, ports),
      instructions: toInstructions(flow, ports),
    })),
    meterIds: plan.meters.flatMap((port) => ports.get(port) ?? []),
    missingPorts: portsOf(plan).filter((port) => !ports.has(port)),
  };
}

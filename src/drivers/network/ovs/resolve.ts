/** A plan with port names → flow-mods with numbers. What needs a port that the switch lacks is left out and named. */
import type { Action } from '../../../wire/openflow/actions.js';
import type { Instruction } from '../../../wire/openflow/instructions.js';
import type { Match } from '../../../wire/openflow/match.js';
import { toMove } from '../../../wire/openflow/nicira-move.js';
import { vlanPresent } from '../../../wire/openflow/oxm-fields.js';
import { reservedPort, wholePacket } from '../../../wire/openflow/reserved-numbers.js';
import { type AnswerStep, isAnswerAction, toAnswerSteps } from '../plan/answer-steps.js';
import type { Answerer, NodePlan, PlanAction, PlanFlow, PlanMatch, Protocol, RateMeter } from '../plan/node-plan.js';
import { tables } from '../plan/pipeline.js';

/** Not changed once it is there: another takes its place. */
export interface ResolvedFlow {
  readonly table_id: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly match: Match;
  readonly instructions: Instruction[];
}

export interface ResolvedMeters {
  /** Each has the number of its port. */
  news: { ids: readonly number[]; perSecond: number };
  rates: readonly RateMeter[];
}

export interface ResolvedPlan {
  /** That come with the VI. */
  base: ResolvedFlow[];
  /** Of each entry of the registry (`toEntryKey`). */
  byEntry: Map<string, ResolvedFlow[]>;
  meters: ResolvedMeters;
  missingPorts: string[];
}

export type PortNumbers = ReadonlyMap<string, number>;

export const flowsOf = ({ base, byEntry }: ResolvedPlan): ResolvedFlow[] => [...base, ...[...byEntry.values()].flat()];

/** Asked for every node every few seconds: makes no list of them. */
export function countFlows({ base, byEntry }: ResolvedPlan): number {
  let count = base.length;
  for (const flows of byEntry.values()) count += flows.length;
  return count;
}

export const emptyPlan = (): ResolvedPlan => ({
  base: [],
  byEntry: new Map(),
  meters: { news: { ids: [], perSecond: 0 }, rates: [] },
  missingPorts: [],
});

const protocolMatch: Record<Protocol, Match> = {
  arp: { eth_type: 0x0806 },
  arpRequest: { eth_type: 0x0806, arp_op: 1 },
  ipv4: { eth_type: 0x0800 },
  ipv6: { eth_type: 0x86dd },
  rarp: { eth_type: 0x8035 },
  neighbourSolicitation: { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 135 },
  neighbourAdvertisement: { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 136 },
};

type Sender = NonNullable<PlanMatch['sender']>;

const senderMatch: Partial<Record<Protocol, (sender: Sender) => Match>> = {
  arp: ({ mac, ip }) => ({ arp_spa: ip, ...(mac === undefined ? {} : { arp_sha: mac }) }),
  arpRequest: ({ mac, ip }) => ({ arp_spa: ip, ...(mac === undefined ? {} : { arp_sha: mac }) }),
  ipv4: ({ ip }) => ({ ipv4_src: ip }),
  ipv6: ({ ip }) => ({ ipv6_src: ip }),
  neighbourSolicitation: ({ mac, ip }) => ({ ipv6_src: ip, ...(mac === undefined ? {} : { ipv6_nd_sll: mac }) }),
  neighbourAdvertisement: ({ mac, ip }) => ({
    ipv6_nd_target: ip,
    ...(mac === undefined ? {} : { ipv6_nd_tll: mac }),
  }),
};

function addressMatch({ protocol, sender, target }: PlanMatch): Match {
  const told = protocol === undefined || sender === undefined ? {} : senderMatch[protocol]?.(sender);
  if (target === undefined) return told ?? {};
  return { ...told, ...(protocol === 'arpRequest' ? { arp_tpa: target } : { ipv6_nd_target: target }) };
}

const secondTagType = { customer: 0x8100, service: 0x88a8 } as const;

function toMatchAt(match: PlanMatch, ports: PortNumbers): Match {
  const { inPort, tunnelKey, metadata, vlan, destination, source, protocol, secondTag } = match;
  return {
    ...(protocol === undefined ? {} : protocolMatch[protocol]),
    ...(secondTag === undefined ? {} : { eth_type: secondTagType[secondTag] }),
    ...(inPort === undefined ? {} : { in_port: ports.get(inPort)! }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(source === undefined ? {} : { eth_src: source }),
    ...(destination === undefined ? {} : { eth_dst: destination }),
    ...(vlan === undefined ? {} : { vlan_vid: vlan === 0 ? 0 : vlanPresent | vlan }),
    ...(tunnelKey === undefined ? {} : { tunnel_id: BigInt(tunnelKey) }),
    ...addressMatch(match),
  };
}

/** Of those that name no port, and so are the same on every switch. */
const matches = new WeakMap<PlanMatch, Match>();

function toMatch(match: PlanMatch, ports: PortNumbers): Match {
  if (match.inPort !== undefined) return toMatchAt(match, ports);
  const known = matches.get(match) ?? toMatchAt(match, ports);
  matches.set(match, known);
  return known;
}

export const toOutput = (port: number): Action => ({ type: 'output', port });
export const toTunnelKey = (key: number): Action => ({ type: 'set_field', field: { tunnel_id: BigInt(key) } });

function toStep(step: AnswerStep): Action {
  if (step.kind === 'back') return toOutput(reservedPort.inPort);
  return step.kind === 'move' ? toMove(step.from, step.to) : { type: 'set_field', field: step.field };
}

const customerTag = 0x8100;

function toVlanActions({ before, after }: Extract<PlanAction, { type: 'setVlan' }>): Action[] {
  if (after === 0) return [{ type: 'pop_vlan' }];
  const set: Action = { type: 'set_field', field: { vlan_vid: vlanPresent | after } };
  return before === 0 ? [{ type: 'push_vlan', ethertype: customerTag }, set] : [set];
}

/** A port that the switch lacks is left out: the frame still reaches the others. */
function toAction(action: PlanAction, ports: PortNumbers): Action[] {
  if (isAnswerAction(action)) return toAnswerSteps(action).map(toStep);
  if (action.type === 'setVlan') return toVlanActions(action);
  if (action.type === 'sendBack') return [toOutput(reservedPort.inPort)];
  if (action.type === 'setTunnelKey') return [toTunnelKey(action.key)];
  if (action.type === 'toController') return [{ type: 'output', port: reservedPort.controller, max_len: wholePacket }];
  const number = ports.get(action.port);
  return number === undefined ? [] : [toOutput(number)];
}

function toInstructions(flow: PlanFlow, ports: PortNumbers): Instruction[] {
  const actions = flow.actions.flatMap((action) => toAction(action, ports));
  const instructions: Instruction[] = [];
  if (flow.meterOf !== undefined) instructions.push({ type: 'meter', meter_id: ports.get(flow.meterOf)! });
  if (flow.rateMeter !== undefined) instructions.push({ type: 'meter', meter_id: flow.rateMeter.meterId });
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
  ...plan.patches.map((patch) => patch.portName),
  ...plan.tunnels.map((tunnel) => tunnel.portName),
];

/** For switches that answer so and have the ingress port. */
const isWanted = ({ where, match }: PlanFlow, ports: PortNumbers, answerer: Answerer): boolean =>
  (where === undefined || where === answerer) && (match.inPort === undefined || ports.has(match.inPort));

const toFlowAt = (flow: PlanFlow, cookie: bigint, ports: PortNumbers): ResolvedFlow => ({
  table_id: tables[flow.table],
  priority: flow.priority,
  cookie,
  match: toMatch(flow.match, ports),
  instructions: toInstructions(flow, ports),
});

const namesPort = ({ match, meterOf, actions }: PlanFlow): boolean =>
  match.inPort !== undefined || meterOf !== undefined || actions.some(({ type }) => type === 'output');

/** Of those that name no port: what nodes are given alike is made, and later put into words, once for all of them. */
const flowsAlike = new WeakMap<PlanFlow, ResolvedFlow>();

function toFlow(flow: PlanFlow, cookie: bigint, ports: PortNumbers): ResolvedFlow {
  if (namesPort(flow)) return toFlowAt(flow, cookie, ports);
  const known = flowsAlike.get(flow);
  if (known?.cookie === cookie) return known;
  const made = toFlowAt(flow, cookie, ports);
  flowsAlike.set(flow, made);
  return made;
}

export const resolveFlows = (
  flows: readonly PlanFlow[],
  cookie: bigint,
  ports: PortNumbers,
  answerer: Answerer,
): ResolvedFlow[] => flows.filter((flow) => isWanted(flow, ports, answerer)).map((flow) => toFlow(flow, cookie, ports));

export function resolve(plan: NodePlan, ports: PortNumbers, answerer: Answerer): ResolvedPlan {
  const base: ResolvedFlow[] = [];
  const byEntry = new Map<string, ResolvedFlow[]>();
  const rates: RateMeter[] = [];
  function take(flow: PlanFlow): void {
    if (flow.rateMeter !== undefined) rates.push(flow.rateMeter);
    if (!isWanted(flow, ports, answerer)) return;
    const list = flow.entry === undefined ? base : byEntry.get(flow.entry);
    const resolved = toFlow(flow, plan.cookie, ports);
    if (list === undefined) byEntry.set(flow.entry!, [resolved]);
    else list.push(resolved);
  }
  for (const part of plan.parts) for (const flow of part) take(flow);
  return {
    base,
    byEntry,
    meters: {
      news: { ids: plan.meters.flatMap((port) => ports.get(port) ?? []), perSecond: plan.newsPerSecond },
      rates,
    },
    missingPorts: portsOf(plan).filter((port) => !ports.has(port)),
  };
}

/** A plan in the words of ovs-vsctl and ovs-ofctl (`--names`), for operators, golden tests and planReservation. */
import type { NodeNetworkPlan } from '../../../domain/ports/network-driver.js';
import { type AnswerStep, isAnswerAction, toAnswerSteps } from './answer-steps.js';
import {
  flowsOfPlan,
  type NodePlan,
  type PlanAction,
  type PlanFlow,
  type PlanMatch,
  type Protocol,
  type RateMeter,
} from './node-plan.js';
import { newsBurst, rateBurstKbit, tables } from './pipeline.js';

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const masked = ({ value, mask }: { value: bigint; mask: bigint }): string => `${hex(value)}/${hex(mask)}`;

const protocolText: Record<Protocol, string> = {
  arp: 'arp',
  arpRequest: 'arp',
  ipv4: 'ip',
  ipv6: 'ipv6',
  rarp: 'rarp',
  neighbourSolicitation: 'icmp6',
  neighbourAdvertisement: 'icmp6',
};

const icmpType: Partial<Record<Protocol, number>> = { neighbourSolicitation: 135, neighbourAdvertisement: 136 };

/** Names of the fields in which a protocol says who asks, and for what, in the order in which ovs-ofctl writes them. */
const addressFields: Partial<Record<Protocol, { senderIp: string; target?: string; senderMac: string }>> = {
  arp: { senderIp: 'arp_spa', senderMac: 'arp_sha' },
  ipv4: { senderIp: 'nw_src', senderMac: 'dl_src' },
  ipv6: { senderIp: 'ipv6_src', senderMac: 'dl_src' },
  arpRequest: { senderIp: 'arp_spa', target: 'arp_tpa', senderMac: 'arp_sha' },
  neighbourSolicitation: { senderIp: 'ipv6_src', target: 'nd_target', senderMac: 'nd_sll' },
  neighbourAdvertisement: { senderIp: 'nd_target', senderMac: 'nd_tll' },
};

function addressText({ protocol, sender, target }: PlanMatch): { before: string[]; after: string[] } {
  const names = protocol && addressFields[protocol];
  if (names === undefined) return { before: [], after: [] };
  const ip = sender === undefined ? [] : [`${names.senderIp}=${sender.ip}`];
  const mac = sender?.mac === undefined ? [] : [`${names.senderMac}=${sender.mac}`];
  const asked = target === undefined || names.target === undefined ? [] : [`${names.target}=${target}`];
  if (protocol === 'neighbourSolicitation') return { before: ip, after: [...asked, ...mac] };
  if (protocol === 'neighbourAdvertisement') return { before: [], after: [...ip, ...mac] };
  return { before: [...ip, ...asked], after: mac };
}

const secondTagText = { customer: 'dl_type=0x8100', service: 'dl_type=0x88a8' } as const;

const vlanText = (vlan: number): string => (vlan === 0 ? 'vlan_tci=0x0000/0x1fff' : `dl_vlan=${vlan}`);

function matchParts(match: PlanMatch): string[] {
  const parts: string[] = [];
  if (match.protocol !== undefined) parts.push(protocolText[match.protocol]);
  if (match.tunnelKey !== undefined) parts.push(`tun_id=${hex(BigInt(match.tunnelKey))}`);
  if (match.metadata !== undefined) parts.push(`metadata=${masked(match.metadata)}`);
  if (match.inPort !== undefined) parts.push(`in_port=${match.inPort}`);
  if (match.vlan !== undefined) parts.push(vlanText(match.vlan));
  if (match.secondTag !== undefined) parts.push(secondTagText[match.secondTag]);
  if (match.source !== undefined) parts.push(`dl_src=${match.source}`);
  if (match.destination !== undefined) parts.push(`dl_dst=${match.destination}`);
  const { before, after } = addressText(match);
  parts.push(...before);
  if (match.protocol === 'arpRequest') parts.push('arp_op=1');
  const type = match.protocol && icmpType[match.protocol];
  if (type !== undefined) parts.push(`icmp_type=${type}`);
  return [...parts, ...after];
}

export const matchText = (match: PlanMatch): string => matchParts(match).join(',');

function stepText(step: AnswerStep): string {
  if (step.kind === 'back') return 'IN_PORT';
  if (step.kind === 'move') return `move:${step.from}[]->${step.to}[]`;
  const [[name, value]] = Object.entries(step.field) as [[string, string | number]];
  return `set_field:${value}->${name}`;
}

const vlanPresent = 0x1000;

function vlanActionText(before: number, after: number): string {
  if (after === 0) return 'pop_vlan';
  const set = `set_field:${vlanPresent | after}->vlan_vid`;
  return before === 0 ? `push_vlan:0x8100,${set}` : set;
}

function actionText(action: PlanAction): string {
  if (isAnswerAction(action)) return toAnswerSteps(action).map(stepText).join(',');
  if (action.type === 'output') return `output:${action.port}`;
  if (action.type === 'setVlan') return vlanActionText(action.before, action.after);
  if (action.type === 'sendBack') return 'IN_PORT';
  return action.type === 'setTunnelKey' ? `set_field:${hex(BigInt(action.key))}->tun_id` : 'CONTROLLER:65535';
}

/** One for each action and instruction, in the order in which a switch tells them; none: it drops. */
export function instructionTexts(flow: PlanFlow): string[] {
  const parts: string[] = [];
  if (flow.meterOf !== undefined) parts.push(`meter:${flow.meterOf}`);
  if (flow.rateMeter !== undefined) parts.push(`meter:${flow.rateMeter.name}`);
  parts.push(...flow.actions.map(actionText));
  if (flow.writeMetadata !== undefined) parts.push(`write_metadata:${masked(flow.writeMetadata)}`);
  if (flow.goTo !== undefined) parts.push(`goto_table:${flow.goTo}`);
  return parts;
}

const instructionText = (flow: PlanFlow): string => instructionTexts(flow).join(',') || 'drop';

export function flowText(cookie: bigint, flow: PlanFlow): string {
  const match = [`priority=${flow.priority}`, ...matchParts(flow.match)].join(',');
  return `cookie=${hex(cookie)}, table=${flow.table}, ${match} actions=${instructionText(flow)}`;
}

const meterText = (port: string, perSecond: number): string =>
  `meter=${port} pktps burst bands=type=drop rate=${perSecond} burst_size=${newsBurst(perSecond)}`;

const rateMeterText = ({ name, kbps }: RateMeter): string =>
  `meter=${name} kbps burst bands=type=drop rate=${kbps} burst_size=${rateBurstKbit(kbps)}`;

export function toNodeNetworkPlan(plan: NodePlan, bridge: string): NodeNetworkPlan {
  const flows = flowsOfPlan(plan).toSorted((a, b) => tables[a.table] - tables[b.table]);
  return {
    node: plan.node,
    ovsdbRows: [
      ...plan.tunnels.map(
        (t) =>
          `add-port ${bridge} ${t.portName} -- set interface ${t.portName} type=${t.encapsulation}` +
          ` options:key=flow options:local_ip=${t.localIp} options:remote_ip=${t.remoteIp}`,
      ),
      ...plan.externalPorts.map((port) => `add-port ${bridge} ${port}`),
      ...plan.patches.map(
        ({ portName, peer }) =>
          `add-port ${bridge} ${portName} -- set interface ${portName} type=patch options:peer=${peer}`,
      ),
    ],
    groups: [],
    meters: [
      ...plan.meters.map((port) => meterText(port, plan.newsPerSecond)),
      ...flows.flatMap(({ rateMeter }) => rateMeter ?? []).map(rateMeterText),
    ],
    // As on a switch that answers by itself; one that cannot is the exception.
    flows: flows.filter(({ where }) => where !== 'controller').map((flow) => flowText(plan.cookie, flow)),
  };
}

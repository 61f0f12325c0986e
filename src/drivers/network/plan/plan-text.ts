/** A plan in the words of ovs-vsctl and ovs-ofctl (`--names`), for operators, golden tests and planReservation. */
import type { NodeNetworkPlan } from '../../../domain/ports/network-driver.js';
import type { NodePlan, PlanAction, PlanFlow, PlanMatch, PuntedProtocol } from './node-plan.js';
import { puntMeter } from './pipeline.js';

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const masked = ({ value, mask }: { value: bigint; mask: bigint }): string => `${hex(value)}/${hex(mask)}`;

const protocolText: Record<PuntedProtocol, string> = {
  arp: 'arp',
  rarp: 'rarp',
  neighbourSolicitation: 'icmp6',
  neighbourAdvertisement: 'icmp6',
};

const icmpType: Partial<Record<PuntedProtocol, number>> = { neighbourSolicitation: 135, neighbourAdvertisement: 136 };

const vlanText = (vlan: number): string => (vlan === 0 ? 'vlan_tci=0x0000/0x1fff' : `dl_vlan=${vlan}`);

function matchText(match: PlanMatch): string[] {
  const parts: string[] = [];
  if (match.protocol !== undefined) parts.push(protocolText[match.protocol]);
  if (match.tunnelKey !== undefined) parts.push(`tun_id=${hex(BigInt(match.tunnelKey))}`);
  if (match.metadata !== undefined) parts.push(`metadata=${masked(match.metadata)}`);
  if (match.inPort !== undefined) parts.push(`in_port=${match.inPort}`);
  if (match.vlan !== undefined) parts.push(vlanText(match.vlan));
  if (match.destination !== undefined) parts.push(`dl_dst=${match.destination}`);
  const type = match.protocol && icmpType[match.protocol];
  if (type !== undefined) parts.push(`icmp_type=${type}`);
  return parts;
}

const actionText = (action: PlanAction): string =>
  ({
    output: () => `output:${(action as { port: string }).port}`,
    setTunnelKey: () => `set_field:${hex(BigInt((action as { key: number }).key))}->tun_id`,
    toController: () => 'CONTROLLER:65535',
  })[action.type]();

function instructionText(flow: PlanFlow): string {
  const parts: string[] = [];
  if (flow.meterOf !== undefined) parts.push(`meter:${flow.meterOf}`);
  parts.push(...flow.actions.map(actionText));
  if (flow.writeMetadata !== undefined) parts.push(`write_metadata:${masked(flow.writeMetadata)}`);
  if (flow.goTo !== undefined) parts.push(`goto_table:${flow.goTo}`);
  return parts.length === 0 ? 'drop' : parts.join(',');
}

export function flowText(cookie: bigint, flow: PlanFlow): string {
  const match = [`priority=${flow.priority}`, ...matchText(flow.match)].join(',');
  return `cookie=${hex(cookie)}, table=${flow.table}, ${match} actions=${instructionText(flow)}`;
}

const meterText = (port: string): string =>
  `meter=${port} pktps burst bands=type=drop rate=${puntMeter.packetsPerSecond} burst_size=${puntMeter.burst}`;

export function toNodeNetworkPlan(plan: NodePlan, bridge: string): NodeNetworkPlan {
  return {
    node: plan.node,
    ovsdbRows: [
      ...plan.tunnels.map(
        (t) =>
          `add-port ${bridge} ${t.portName} -- set interface ${t.portName} type=${t.encapsulation}` +
          ` options:key=flow options:local_ip=${t.localIp} options:remote_ip=${t.remoteIp}`,
      ),
      ...plan.externalPorts.map((port) => `add-port ${bridge} ${port}`),
    ],
    groups: [],
    meters: plan.meters.map(meterText),
    flows: plan.flows.map((flow) => flowText(plan.cookie, flow)),
  };
}

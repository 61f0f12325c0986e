/** Why a flow of ours takes a frame, in a sentence, from the plan that it comes from and the registry. Pure. */
import { findEntry } from '../../../domain/registry/registry.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { PlanFlow } from '../plan/node-plan.js';
import { fromMetadata, type Side, type TableName } from '../plan/pipeline.js';
import type { SegmentNode } from '../plan/topology.js';
import type { Segment } from '../segments.js';
import type { EnteringFrame } from './rule.js';

export interface Circumstances {
  segment: Segment;
  at: SegmentNode;
  frame: EnteringFrame;
}

const vlanText = (vlan: number): string => (vlan === 0 ? 'VLAN 0 (untagged)' : `VLAN ${vlan}`);

const learntBy: Record<Exclude<RegistryEntry['learntFrom'], 'listed'>, string> = {
  arp: 'ARP',
  gratuitousArp: 'gratuitous ARP',
  rarp: 'RARP',
  neighbourDiscovery: 'neighbour discovery',
};

/** `52:54:00:00:02:02 stands on on2, port t1-2 (registered at launch)`. */
export function placeText({ mac, place, learntFrom, learntAt }: RegistryEntry): string {
  const where =
    place.kind === 'site' ? `lies behind site ${place.site}` : `stands on ${place.node}, port ${place.portName}`;
  const how =
    learntFrom === 'listed'
      ? 'registered at launch'
      : `learnt from ${learntBy[learntFrom]} at ${learntAt.toISOString()}`;
  return `${mac} ${where} (${how})`;
}

/** What a port of this node is to the segment. */
function portText({ segment: { vi }, at }: Circumstances, portName: string): string {
  const vm = vi.vms.find(({ nics }) => nics.some((nic) => nic.portName === portName));
  if (vm !== undefined) return `a NIC of VM '${vm.name}'`;
  const external = at.externalPorts.find((port) => port.portName === portName);
  if (external?.patchPeer !== undefined) return 'the end of a point-to-point service in this VI';
  if (external !== undefined) return `external port '${external.name}'`;
  const node = at.nodeTunnels.find(({ tunnel }) => tunnel.portName === portName);
  if (node !== undefined) return `the tunnel to node ${node.node}`;
  const gateway = at.gatewayTunnels.find(({ tunnel }) => tunnel.portName === portName);
  return gateway === undefined ? 'a port of this VI' : `the tunnel to site ${gateway.site}`;
}

function classifyReason(circumstances: Circumstances, { match, actions }: PlanFlow): string {
  const { vi } = circumstances.segment;
  const port = match.inPort ?? circumstances.frame.inPort;
  if (vi.pointToPoint !== undefined)
    return actions.length === 0
      ? `classify: what comes in by ${port} has no way through this point-to-point service: dropped`
      : `classify: point-to-point service: what comes in by ${port} goes to its other end`;
  const vlan = match.vlan === undefined ? '' : `, of which the segment holds ${vlanText(match.vlan)}`;
  const key = match.tunnelKey === undefined ? '' : ` under the segment's key ${match.tunnelKey}`;
  return `classify: ${port} is ${portText(circumstances, port)}${vlan}${key}`;
}

function senderReason({ frame }: Circumstances, { entry, actions, match, goTo }: PlanFlow): string {
  if (entry !== undefined) return `sender: ${frame.from} stands where the registry says: no news`;
  if (actions.some(({ type }) => type === 'toController'))
    return goTo === undefined
      ? 'sender: news for the registry: the controller is given the frame, and sends it on'
      : 'sender: news for the registry: the controller has a copy, and the frame goes on';
  if (match.source !== undefined) return `sender: strict addresses: ${match.source} is listed at this port`;
  return 'sender: says nothing of who is where (no ARP, RARP or neighbour discovery): goes on';
}

function unicastReason({ segment, frame }: Circumstances, { entry, actions, match }: PlanFlow): string {
  if (entry === undefined) return `unicast: nobody is registered as ${frame.to} in this VLAN: to be flooded`;
  const known = findEntry(segment.registry, match.vlan!, match.destination!);
  const place = known === undefined ? `${match.destination} is not registered any more` : placeText(known);
  return actions.length === 0
    ? `unicast: ${place}, on the mesh that the frame came from, and is not sent back to it: dropped`
    : `unicast: ${place}`;
}

const sideText: Record<Side, string> = {
  local: 'a local port: all others of the segment here, the other nodes and the other sites',
  node: 'a node of this site: local ports and other sites, not the nodes again',
  gateway: 'another site: local ports and nodes, not the sites again',
};

function floodReason(_: Circumstances, { match }: PlanFlow): string {
  const side = match.metadata && fromMetadata(match.metadata.value)?.side;
  return `flood: everything that a frame may reach that came from ${side === undefined ? 'there' : sideText[side]}`;
}

const reasons: Record<TableName, (circumstances: Circumstances, flow: PlanFlow) => string> = {
  classify: classifyReason,
  sender: senderReason,
  resolve: (_, { entry, goTo }) =>
    entry !== undefined && goTo !== 'unicast'
      ? 'resolve: a question for a known address is answered in the switch'
      : 'resolve: nothing that the switch answers by itself: goes on',
  unicast: unicastReason,
  flood: floodReason,
  advertise: () => 'advertise: the answer to a question for a known address goes back',
};

export const deriveReason = (circumstances: Circumstances, flow: PlanFlow): string =>
  reasons[flow.table](circumstances, flow);

/** A table has no flow for the frame. */
export function deriveMissReason({ segment, frame }: Circumstances, table: string): string {
  const { inPort, tunnelKey, vlan, from } = frame;
  if (table === 'classify') {
    const key = tunnelKey === undefined ? '' : ` under key ${tunnelKey}`;
    return `classify: no VI takes ${vlanText(vlan)} from ${inPort}${key}: dropped`;
  }
  if (table === 'sender' && segment.vi.segment.strictAddresses === true)
    return `sender: strict addresses: the VI does not list ${from} with this address at ${inPort}: dropped`;
  return `${table}: no flow wants it: dropped`;
}

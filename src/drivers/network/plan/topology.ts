/**
 * Who is connected with whom in one segment: per node its local ports and its tunnels, and the two questions that every
 * frame asks: where does a known address lie, where does an unknown one go. Pure; ports are names.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Place } from '../../../domain/registry/registry-entry.js';
import type { Site, SiteNode } from '../../../domain/site/site-file.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import { nodesOf, type PlacedVi } from '../../../domain/vi/placed-vi.js';
import type { JoinPort } from './join-ports.js';
import type { Side } from './pipeline.js';
import { deriveInnerMtu, deriveTunnel, type Tunnel } from './tunnel.js';

export interface ExternalPort {
  /** Of the site file. */
  name: string;
  portName: string;
  vlans: readonly VlanId[];
  /** The other end, of one that is a patch to a point-to-point service. */
  patchPeer?: string;
}

export interface SegmentNode {
  node: string;
  vmPorts: string[];
  externalPorts: ExternalPort[];
  /** To the other nodes of this site that host the segment. */
  nodeTunnels: { tunnel: Tunnel; node: string }[];
  /** To other sites; only on the segment's gateway. */
  gatewayTunnels: { tunnel: Tunnel; site: string }[];
}

export interface Topology {
  site: string;
  gateway: string | undefined;
  nodes: ReadonlyMap<string, SegmentNode>;
  /** Payload bytes of a frame with one VLAN tag that pass everywhere in this site's part of the segment. */
  mtu: number;
}

const ethernetMtu = 1500;

function siteNode(site: Site, name: string): SiteNode {
  const found = site.nodes.find((node) => node.name === name);
  if (found === undefined) throw new DriverError('notFound', name, 'is not a node of this site');
  return found;
}

function interfaceOf(site: Site, externalPort: string, node: string): { interface: string; mtu: number } {
  const found = site.externalPorts.find((port) => port.name === externalPort && port.node === node);
  if (found === undefined) throw new DriverError('notFound', node, `has no external port '${externalPort}'`);
  return found;
}

/** Nodes that have a part of the VI. */
export const hostingNodes = (vi: PlacedVi): string[] => nodesOf([vi]).sort();

function deriveGatewayTunnels(vi: PlacedVi, site: Site): { tunnel: Tunnel; site: string; mtu: number }[] {
  if (vi.gateway === undefined) return [];
  const own = siteNode(site, vi.gateway).gateway;
  if (own === undefined && vi.peers.length > 0)
    throw new DriverError('permanent', vi.gateway, 'is no gateway: it has no address that other sites reach');
  return vi.peers.map((peer) => {
    const peerMtu = site.peers.find((known) => known.site === peer.site)?.mtu ?? ethernetMtu;
    const tunnel = deriveTunnel(vi.segment.encapsulation, own!.address, peer.gateway);
    return {
      tunnel,
      site: peer.site,
      mtu: deriveInnerMtu(tunnel.encapsulation, tunnel.remoteIp, Math.min(own!.mtu, peerMtu)),
    };
  });
}

function toJoined({ portName, peer, vlan }: JoinPort): ExternalPort {
  return { name: portName, portName, vlans: [vlan], patchPeer: peer };
}

/** `joins`: point-to-point services that end in this VI. */
export function deriveTopology(vi: PlacedVi, site: Site, joins: readonly JoinPort[] = []): Topology {
  const names = [...new Set([...hostingNodes(vi), ...joins.map(({ node }) => node)])].sort();
  const mtus = [ethernetMtu];
  const gatewayTunnels = deriveGatewayTunnels(vi, site);
  mtus.push(...gatewayTunnels.map((tunnel) => tunnel.mtu));

  const nodes = names.map((name): SegmentNode => {
    const own = siteNode(site, name).network;
    const nodeTunnels = names
      .filter((other) => other !== name)
      .map((other) => {
        const remote = siteNode(site, other).network;
        const tunnel = deriveTunnel(vi.segment.encapsulation, own.underlay, remote.underlay);
        const narrowest = Math.min(own.underlayMtu, remote.underlayMtu);
        mtus.push(deriveInnerMtu(tunnel.encapsulation, tunnel.remoteIp, narrowest));
        return { tunnel, node: other };
      });
    const externalPorts = vi.externalPorts
      .filter((port) => port.node === name)
      .map((port) => {
        const { interface: portName, mtu } = interfaceOf(site, port.name, name);
        mtus.push(mtu);
        return { name: port.name, portName, vlans: port.vlans };
      });
    return {
      node: name,
      vmPorts: vi.vms.filter((vm) => vm.node === name).flatMap((vm) => vm.nics.map((nic) => nic.portName)),
      externalPorts: [...externalPorts, ...joins.filter(({ node }) => node === name).map(toJoined)],
      nodeTunnels,
      gatewayTunnels: name === vi.gateway ? gatewayTunnels.map(({ tunnel, site }) => ({ tunnel, site })) : [],
    };
  });
  return {
    site: site.site,
    gateway: vi.gateway,
    nodes: new Map(nodes.map((node) => [node.node, node])),
    mtu: Math.min(...mtus),
  };
}

/** Ports that a frame of a side may leave by: local ones always, and the meshes that it did not come from. */
const mayReach: Record<Side, { nodes: boolean; gateways: boolean }> = {
  local: { nodes: true, gateways: true },
  node: { nodes: false, gateways: true },
  gateway: { nodes: true, gateways: false },
};

export interface Outputs {
  readonly local: readonly string[];
  /** Given the segment's key before they are sent. */
  readonly tunnels: readonly string[];
}

export const noOutputs: Outputs = { local: [], tunnels: [] };

/** Everything that a frame of this side and VLAN may reach. `vlan` undefined: one that no external port here holds. */
export function deriveFlood(at: SegmentNode, side: Side, vlan: VlanId | undefined): Outputs {
  const external = at.externalPorts.filter((port) => vlan !== undefined && port.vlans.includes(vlan));
  return {
    local: [...at.vmPorts, ...external.map((port) => port.portName)],
    tunnels: [
      ...(mayReach[side].nodes ? at.nodeTunnels : []),
      ...(mayReach[side].gateways ? at.gatewayTunnels : []),
    ].map(({ tunnel }) => tunnel.portName),
  };
}

function hasPort(at: SegmentNode, portName: string, vlan: VlanId): boolean {
  return (
    at.vmPorts.includes(portName) ||
    at.externalPorts.some((port) => port.portName === portName && port.vlans.includes(vlan))
  );
}

interface Ways {
  toNodes: ReadonlyMap<string, Outputs>;
  toSites: ReadonlyMap<string, Outputs>;
}

/** The same objects for all that goes one way: a large segment asks for each of them once per machine. */
const waysByNode = new WeakMap<SegmentNode, Ways>();

function waysOf(at: SegmentNode): Ways {
  const known = waysByNode.get(at);
  if (known !== undefined) return known;
  const toWay = ({ portName }: Tunnel): Outputs => ({ local: [], tunnels: [portName] });
  const ways = {
    toNodes: new Map(at.nodeTunnels.map(({ node, tunnel }) => [node, toWay(tunnel)])),
    toSites: new Map(at.gatewayTunnels.map(({ site, tunnel }) => [site, toWay(tunnel)])),
  };
  waysByNode.set(at, ways);
  return ways;
}

function wayTowards(
  topology: Topology,
  at: SegmentNode,
  place: Place,
): { mesh: 'nodes' | 'gateways'; way: Outputs | undefined } {
  const { toNodes, toSites } = waysOf(at);
  if (place.kind === 'site' && at.node === topology.gateway) return { mesh: 'gateways', way: toSites.get(place.site) };
  const next = place.kind === 'site' ? topology.gateway : place.node;
  return { mesh: 'nodes', way: next === undefined ? undefined : toNodes.get(next) };
}

/**
 * Where a frame for an address at `place` goes on from here. Undefined: the place does not exist (any more), so flood.
 * No outputs: a frame that is in the wrong place, and is dropped rather than sent back to the mesh it came from.
 */
export function deriveUnicast(
  topology: Topology,
  at: SegmentNode,
  side: Side,
  vlan: VlanId,
  place: Place,
): Outputs | undefined {
  if (place.kind === 'port' && place.node === at.node)
    return hasPort(at, place.portName, vlan) ? { local: [place.portName], tunnels: [] } : undefined;
  const owner = place.kind === 'port' ? topology.nodes.get(place.node) : undefined;
  if (place.kind === 'port' && (owner === undefined || !hasPort(owner, place.portName, vlan))) return undefined;
  const { mesh, way } = wayTowards(topology, at, place);
  if (way === undefined) return undefined;
  return mayReach[side][mesh] ? way : noOutputs;
}

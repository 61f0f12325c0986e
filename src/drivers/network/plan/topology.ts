/** Who is connected with whom in one segment: per node its local ports and its tunnels. Which of them frames take is in ways.ts. Pure; ports are names. */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Site, SiteNode } from '../../../domain/site/site-file.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import { nodesOf, type PlacedVi } from '../../../domain/vi/placed-vi.js';
import type { JoinPort } from './join-ports.js';
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
  const members = names.map((name) => siteNode(site, name));
  const gatewayTunnels = deriveGatewayTunnels(vi, site);
  let narrowest = ethernetMtu;
  const bound = (mtu: number): void => {
    narrowest = Math.min(narrowest, mtu);
  };
  for (const { mtu } of gatewayTunnels) bound(mtu);

  const nodes = members.map(({ name, network: own }): SegmentNode => {
    const nodeTunnels = members
      .filter((other) => other.name !== name)
      .map(({ name: node, network: remote }) => {
        const tunnel = deriveTunnel(vi.segment.encapsulation, own.underlay, remote.underlay);
        const underlayMtu = Math.min(own.underlayMtu, remote.underlayMtu);
        bound(deriveInnerMtu(tunnel.encapsulation, tunnel.remoteIp, underlayMtu));
        return { tunnel, node };
      });
    const externalPorts = vi.externalPorts
      .filter((port) => port.node === name)
      .map((port) => {
        const { interface: portName, mtu } = interfaceOf(site, port.name, name);
        bound(mtu);
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
    mtu: narrowest,
  };
}

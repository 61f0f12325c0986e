/** The two questions that every frame asks at a node of its segment: where does a known address lie, and where does an unknown one go. Pure. */
import type { Place } from '../../../domain/registry/registry-entry.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import { type Side, sideNames } from './pipeline.js';
import type { SegmentNode, Topology } from './topology.js';
import type { Tunnel } from './tunnel.js';

/** Tunnels to the site's other nodes, or to other sites. */
export type Mesh = 'nodes' | 'gateways';

/** Of frames that came by it. */
export const sideOfMesh: Record<Mesh, Side> = { nodes: 'node', gateways: 'gateway' };

/** Split horizon: nothing goes back to the mesh that it came from. Undefined: local ports, which take everything. */
const mayTake = (side: Side, mesh: Mesh | undefined): boolean => mesh === undefined || sideOfMesh[mesh] !== side;

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
      ...(mayTake(side, 'nodes') ? at.nodeTunnels : []),
      ...(mayTake(side, 'gateways') ? at.gatewayTunnels : []),
    ].map(({ tunnel }) => tunnel.portName),
  };
}

export const hasLocalPorts = (at: SegmentNode): boolean => at.vmPorts.length + at.externalPorts.length > 0;

/** Sides of the node from which frames may go by this mesh; absent: to a port of the node. */
export function presentSides(at: SegmentNode, mesh?: Mesh): Side[] {
  const isPresent: Record<Side, boolean> = {
    local: hasLocalPorts(at),
    node: at.nodeTunnels.length > 0,
    gateway: at.gatewayTunnels.length > 0,
  };
  return sideNames.filter((side) => isPresent[side] && mayTake(side, mesh));
}

/** Where frames for an address go on from a node. */
export interface Way {
  /** Absent: to a port of the node itself. */
  readonly mesh?: Mesh;
  readonly outputs: Outputs;
  /** Sides of the node from which frames take it; what comes from the others is in the wrong place. */
  readonly sides: readonly Side[];
}

interface Ways {
  toNodes: ReadonlyMap<string, Way>;
  toSites: ReadonlyMap<string, Way>;
}

/** The same objects for all that goes one way: a large segment asks for each of them once per machine. */
const waysByNode = new WeakMap<SegmentNode, Ways>();

function waysOf(at: SegmentNode): Ways {
  const known = waysByNode.get(at);
  if (known !== undefined) return known;
  const by = (mesh: Mesh) => {
    const sides = presentSides(at, mesh);
    return ({ portName }: Tunnel): Way => ({ mesh, outputs: { local: [], tunnels: [portName] }, sides });
  };
  const [byNodes, byGateways] = [by('nodes'), by('gateways')];
  const ways = {
    toNodes: new Map(at.nodeTunnels.map(({ node, tunnel }) => [node, byNodes(tunnel)])),
    toSites: new Map(at.gatewayTunnels.map(({ site, tunnel }) => [site, byGateways(tunnel)])),
  };
  waysByNode.set(at, ways);
  return ways;
}

function findWayToSite({ gateway }: Topology, at: SegmentNode, site: string): Way | undefined {
  const { toNodes, toSites } = waysOf(at);
  if (at.node === gateway) return toSites.get(site);
  return gateway === undefined ? undefined : toNodes.get(gateway);
}

export function hasPort(at: SegmentNode, portName: string, vlan: VlanId): boolean {
  return (
    at.vmPorts.includes(portName) ||
    at.externalPorts.some((port) => port.portName === portName && port.vlans.includes(vlan))
  );
}

/** Undefined: the place does not exist (any more), so flood. */
export function findWay(topology: Topology, at: SegmentNode, vlan: VlanId, place: Place): Way | undefined {
  if (place.kind === 'site') return findWayToSite(topology, at, place.site);
  const { node, portName } = place;
  const owner = node === at.node ? at : topology.nodes.get(node);
  if (owner === undefined || !hasPort(owner, portName, vlan)) return undefined;
  return owner === at
    ? { outputs: { local: [portName], tunnels: [] }, sides: presentSides(at) }
    : waysOf(at).toNodes.get(node);
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
  const way = findWay(topology, at, vlan, place);
  return way === undefined || mayTake(side, way.mesh) ? way?.outputs : noOutputs;
}

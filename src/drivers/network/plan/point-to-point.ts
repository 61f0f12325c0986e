/**
 * A point-to-point service on one node: what enters by the one end leaves by the other, with the tag that is right there, and by a meter where it
 * enters the site. Nothing is learnt and nobody asked, so all of it is in the first table. Pure; docs/pipeline.md shows it.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { PlacedEnd } from '../../../domain/p2p/point-to-point.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import { type PatchPort, toServicePatch, viEndsOf } from './join-ports.js';
import type { NodePlan, PlanAction, PlanFlow, PlanMatch, RateMeter } from './node-plan.js';
import { priorities, toCookie } from './pipeline.js';
import type { SegmentNode } from './topology.js';

/** The way to one end, as seen on this node: the end itself, or the tunnel to the node that has it. */
interface Way {
  portName: string;
  /** Of a port: what frames bear there, 0 for untagged. Absent on a tunnel, where they travel untagged under the key. */
  tag?: VlanId;
  tunnelKey?: number;
  isEnd: boolean;
}

type Role = 'source' | 'dest';

function portNameOf(vi: PlacedVi, at: SegmentNode, end: PlacedEnd): string | undefined {
  if (end.node !== at.node) return at.nodeTunnels.find(({ node }) => node === end.node)?.tunnel.portName;
  if (end.kind === 'vi') return toServicePatch(vi.viNumber).portName;
  if (end.kind === 'port') return at.externalPorts.find(({ name }) => name === end.port)?.portName;
  return at.gatewayTunnels.find(({ site }) => site === end.site)?.tunnel.portName;
}

function toWay(vi: PlacedVi, at: SegmentNode, end: PlacedEnd): Way {
  const portName = portNameOf(vi, at, end);
  if (portName === undefined) throw new DriverError('permanent', at.node, `has no way to '${end.stp}'`);
  if (end.node !== at.node) return { portName, tunnelKey: vi.segment.key, isEnd: false };
  return end.kind === 'peer' ? { portName, tunnelKey: end.key, isEnd: true } : { portName, tag: end.vlan, isEnd: true };
}

/** What is taken in from there, on its way to somewhere. Untagged ports are given only what bears no tag at all, for a tag would be a VLAN of that LAN. */
function toMatch(from: Way, to: Way): PlanMatch {
  const vlan = from.tag ?? (to.tag === 0 ? 0 : undefined);
  return {
    inPort: from.portName,
    ...(from.tunnelKey === undefined ? {} : { tunnelKey: from.tunnelKey }),
    ...(vlan === undefined ? {} : { vlan }),
  };
}

const priorityOf = ({ vlan }: PlanMatch): number => (vlan === undefined ? priorities.anyVlan : priorities.oneVlan);

function toActions(from: Way, to: Way): PlanAction[] {
  const [before, after] = [from.tag ?? 0, to.tag ?? 0];
  return [
    ...(before === after ? [] : [{ type: 'setVlan' as const, before, after }]),
    ...(to.tunnelKey === undefined ? [] : [{ type: 'setTunnelKey' as const, key: to.tunnelKey }]),
    // A switch leaves out the ingress port unless it is asked to send back.
    to.portName === from.portName ? { type: 'sendBack' } : { type: 'output', port: to.portName },
  ];
}

/** A tag below the one that is taken off would come out as a VLAN of the LAN beyond. */
const toDoubleTagDrops = (match: PlanMatch, from: Way, to: Way): PlanFlow[] =>
  (from.tag ?? 0) === 0 || to.tag !== 0
    ? []
    : (['customer', 'service'] as const).map((secondTag) => ({
        table: 'classify',
        priority: priorities.exception,
        match: { ...match, secondTag },
        actions: [],
      }));

function toFlows(from: Way, to: Way, meter: RateMeter): PlanFlow[] {
  const match = toMatch(from, to);
  return [
    ...toDoubleTagDrops(match, from, to),
    {
      table: 'classify',
      priority: priorityOf(match),
      match,
      // On a tunnel between nodes it has passed the meter where it entered.
      ...(from.isEnd ? { rateMeter: meter } : {}),
      actions: toActions(from, to),
    },
  ];
}

/** Nothing comes back; that a flow says so keeps the port, which no other need have. */
function toDrop(from: Way, to: Way): PlanFlow {
  const match = toMatch(from, to);
  return { table: 'classify', priority: priorityOf(match), match, actions: [] };
}

/** Above the numbers of all ports, which the meters of ports have. OpenFlow 1.3.5 §A.2.1: ports end at 0xffffff00, those of Open vSwitch at 0xff00. */
export const firstRateMeter = 0x10000;
/** OFPM_MAX of `enum ofp_meter`. Open vSwitch takes numbers up to there, whatever number of meters it has room for. */
const lastRateMeter = 0xffff0000;
const rateMeterPairs = Math.floor((lastRateMeter - firstRateMeter + 1) / 2);
const kbitPerMbit = 1000;

/** The next one with the same meters is two thousand million reservations away: numbers are given out in order. */
const toMeter = (viNumber: number, role: Role, capacityMbit: number): RateMeter => ({
  name: `${role}-${viNumber}`,
  meterId: firstRateMeter + (viNumber % rateMeterPairs) * 2 + (role === 'source' ? 0 : 1),
  kbps: capacityMbit * kbitPerMbit,
});

export interface PointToPointOptions {
  /** The site instance's mark. */
  instance: string;
  newsPerSecond: number;
}

export function compilePointToPoint(
  vi: PlacedVi,
  at: SegmentNode,
  { instance, newsPerSecond }: PointToPointOptions,
): NodePlan {
  const { source, dest, capacityMbit, directionality } = vi.pointToPoint!;
  const ways = { source: toWay(vi, at, source), dest: toWay(vi, at, dest) };
  const meterOf = (role: Role): RateMeter => toMeter(vi.viNumber, role, capacityMbit);
  const flows = [
    ...toFlows(ways.source, ways.dest, meterOf('source')),
    ...(directionality === 'Bidirectional'
      ? toFlows(ways.dest, ways.source, meterOf('dest'))
      : [toDrop(ways.dest, ways.source)]),
  ];
  const patches: PatchPort[] = viEndsOf(vi).some(({ node }) => node === at.node) ? [toServicePatch(vi.viNumber)] : [];
  return {
    node: at.node,
    viNumber: vi.viNumber,
    cookie: toCookie(instance, vi.viNumber),
    vmPorts: [],
    externalPorts: at.externalPorts.map((port) => port.portName),
    patches,
    tunnels: [...at.nodeTunnels, ...at.gatewayTunnels].map(({ tunnel }) => tunnel),
    meters: [],
    newsPerSecond,
    parts: [flows],
  };
}

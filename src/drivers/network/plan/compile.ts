/** (VI, site, registry) → what each node is given. Pure; the tables' meaning is in docs/pipeline.md. */
import type { Site } from '../../../domain/site/site-file.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import { deriveClaims } from './claims.js';
import { deriveEntryFlows, type EntryView, toOutputActions } from './entry-flows.js';
import type { NodePlan, PlanFlow, PlanMatch } from './node-plan.js';
import { priorities, type Side, toCookie } from './pipeline.js';
import { compilePointToPoint } from './point-to-point.js';
import { deriveAdvertise, deriveNews, deriveProbes, tellingPorts } from './questions.js';
import { anySide, inSegment, type Scope } from './scope.js';
import { deriveTopology, type SegmentNode, type Topology } from './topology.js';
import { deriveFlood, presentSides } from './ways.js';

function deriveClassify(scope: Scope): PlanFlow[] {
  const { at, vi } = scope;
  const metadata = {
    local: inSegment(scope, 'local'),
    node: inSegment(scope, 'node'),
    gateway: inSegment(scope, 'gateway'),
  };
  const enter = (side: Side, match: PlanMatch, priority: number): PlanFlow => ({
    table: 'classify',
    priority,
    match,
    writeMetadata: metadata[side],
    actions: [],
    // A frame on a node tunnel was looked at where it entered.
    goTo: side === 'node' ? 'unicast' : 'sender',
  });
  const tunnelKey = vi.segment.key;
  return [
    ...at.vmPorts.map((inPort) => enter('local', { inPort }, priorities.anyVlan)),
    ...at.externalPorts.flatMap(({ portName, vlans }) =>
      vlans.map((vlan) => enter('local', { inPort: portName, vlan }, priorities.oneVlan)),
    ),
    ...at.nodeTunnels.map(({ tunnel }) => enter('node', { inPort: tunnel.portName, tunnelKey }, priorities.anyVlan)),
    ...at.gatewayTunnels.map(({ tunnel }) =>
      enter('gateway', { inPort: tunnel.portName, tunnelKey }, priorities.anyVlan),
    ),
  ];
}

function deriveFloodFlows(scope: Scope): PlanFlow[] {
  const { vi, at } = scope;
  const vlans = [...new Set(at.externalPorts.flatMap((port) => port.vlans))].sort((a, b) => a - b);
  const flood = (side: Side, vlan: VlanId | undefined): PlanFlow => ({
    table: 'flood',
    priority: vlan === undefined ? priorities.anyVlan : priorities.oneVlan,
    match: { metadata: inSegment(scope, side), ...(vlan === undefined ? {} : { vlan }) },
    actions: toOutputActions(deriveFlood(at, side, vlan), vi.segment.key),
  });
  return presentSides(at).flatMap((side) => [...vlans.map((vlan) => flood(side, vlan)), flood(side, undefined)]);
}

export interface CompileOptions {
  instance: string;
  entries: readonly EntryView[];
  /** That a port may tell the controller; more is dropped in the switch. */
  newsPerSecond: number;
}

export function compileNode(vi: PlacedVi, topology: Topology, at: SegmentNode, options: CompileOptions): NodePlan {
  if (vi.pointToPoint !== undefined) return compilePointToPoint(vi, at, options);
  const scope = { vi, topology, at };
  const unknownGoesOn: PlanFlow = {
    table: 'unicast',
    priority: priorities.goOn,
    match: { metadata: anySide(scope) },
    actions: [],
    goTo: 'flood',
  };
  const entries = deriveEntryFlows(scope, options.entries);
  return {
    node: at.node,
    viNumber: vi.viNumber,
    cookie: toCookie(options.instance, vi.viNumber),
    vmPorts: at.vmPorts,
    externalPorts: at.externalPorts.flatMap(({ portName, patchPeer }) => (patchPeer === undefined ? [portName] : [])),
    patches: at.externalPorts.flatMap(({ portName, patchPeer: peer }) =>
      peer === undefined ? [] : [{ portName, peer }],
    ),
    tunnels: [...at.nodeTunnels, ...at.gatewayTunnels].map(({ tunnel }) => tunnel),
    meters: tellingPorts(at),
    newsPerSecond: options.newsPerSecond,
    parts: [
      [...deriveClassify(scope), ...deriveNews(scope), ...deriveProbes(scope)],
      vi.segment.strictAddresses === true ? [] : deriveClaims(scope),
      ...entries.alike,
      entries.own,
      [unknownGoesOn, ...deriveFloodFlows(scope), ...deriveAdvertise(scope)],
    ],
  };
}

export function compile(vi: PlacedVi, site: Site, given: Omit<CompileOptions, 'newsPerSecond'>): NodePlan[] {
  const options = { ...given, newsPerSecond: site.registry.newsPerSecond };
  const topology = deriveTopology(vi, site);
  return [...topology.nodes.values()].map((at) => compileNode(vi, topology, at, options));
}

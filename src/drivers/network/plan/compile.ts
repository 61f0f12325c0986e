/** (VI, site, registry) → what each node is given. Pure; the tables' meaning is in docs/pipeline.md. */
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { Site } from '../../../domain/site/site-file.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import type { NodePlan, PlanAction, PlanFlow, PlanMatch, PuntedProtocol } from './node-plan.js';
import { priorities, type Side, segmentMask, toCookie, toMetadata, viMask } from './pipeline.js';
import {
  deriveFlood,
  deriveTopology,
  deriveUnicast,
  type Outputs,
  type SegmentNode,
  type Topology,
} from './topology.js';

const puntedProtocols: readonly PuntedProtocol[] = ['arp', 'rarp', 'neighbourSolicitation', 'neighbourAdvertisement'];

/** One VI on one node: what every flow of it is derived from. */
interface Scope {
  vi: PlacedVi;
  topology: Topology;
  at: SegmentNode;
}

const inSegment = ({ vi }: Scope, side: Side) => ({ value: toMetadata(vi.viNumber, side), mask: segmentMask });

function presentSides(at: SegmentNode): Side[] {
  const present: Side[] = [];
  if (at.vmPorts.length + at.externalPorts.length > 0) present.push('local');
  if (at.nodeTunnels.length > 0) present.push('node');
  if (at.gatewayTunnels.length > 0) present.push('gateway');
  return present;
}

export function toOutputActions(outputs: Outputs, key: number): PlanAction[] {
  const toOutput = (port: string): PlanAction => ({ type: 'output', port });
  const tunnelled: PlanAction[] = outputs.tunnels.length > 0 ? [{ type: 'setTunnelKey', key }] : [];
  return [...outputs.local.map(toOutput), ...tunnelled, ...outputs.tunnels.map(toOutput)];
}

function deriveClassify(scope: Scope): PlanFlow[] {
  const { at, vi } = scope;
  const enter = (side: Side, match: PlanMatch, priority: number): PlanFlow => ({
    table: 'classify',
    priority,
    match,
    writeMetadata: inSegment(scope, side),
    actions: [],
    goTo: 'punt',
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

/** Frames on node tunnels were seen where they entered. */
const puntingPorts = (at: SegmentNode): string[] => [
  ...at.vmPorts,
  ...at.externalPorts.map((port) => port.portName),
  ...at.gatewayTunnels.map(({ tunnel }) => tunnel.portName),
];

function derivePunt({ at, vi }: Scope): PlanFlow[] {
  const metadata = { value: BigInt(vi.viNumber), mask: viMask };
  const punted = puntingPorts(at).flatMap((inPort) =>
    puntedProtocols.map(
      (protocol): PlanFlow => ({
        table: 'punt',
        priority: priorities.anyVlan,
        match: { inPort, metadata, protocol },
        meterOf: inPort,
        actions: [{ type: 'toController' }],
      }),
    ),
  );
  return [...punted, { table: 'punt', priority: priorities.goOn, match: { metadata }, actions: [], goTo: 'unicast' }];
}

function deriveUnicastFlows(scope: Scope, entries: readonly RegistryEntry[]): PlanFlow[] {
  const { vi, topology, at } = scope;
  const known = entries.flatMap(({ vlan, mac, place }) =>
    presentSides(at).flatMap((side): PlanFlow[] => {
      const outputs = deriveUnicast(topology, at, side, vlan, place);
      if (outputs === undefined) return [];
      const match = { metadata: inSegment(scope, side), vlan, destination: mac };
      const actions = toOutputActions(outputs, vi.segment.key);
      return [{ table: 'unicast', priority: priorities.oneVlan, match, actions }];
    }),
  );
  const metadata = { value: BigInt(vi.viNumber), mask: viMask };
  return [...known, { table: 'unicast', priority: priorities.goOn, match: { metadata }, actions: [], goTo: 'flood' }];
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

export function compileNode(
  vi: PlacedVi,
  topology: Topology,
  at: SegmentNode,
  options: { instance: string; entries: readonly RegistryEntry[] },
): NodePlan {
  const scope = { vi, topology, at };
  return {
    node: at.node,
    viNumber: vi.viNumber,
    cookie: toCookie(options.instance, vi.viNumber),
    vmPorts: at.vmPorts,
    externalPorts: at.externalPorts.map((port) => port.portName),
    tunnels: [...at.nodeTunnels, ...at.gatewayTunnels].map(({ tunnel }) => tunnel),
    meters: puntingPorts(at),
    flows: [
      ...deriveClassify(scope),
      ...derivePunt(scope),
      ...deriveUnicastFlows(scope, options.entries),
      ...deriveFloodFlows(scope),
    ],
  };
}

export function compile(
  vi: PlacedVi,
  site: Site,
  options: { instance: string; entries: readonly RegistryEntry[] },
): NodePlan[] {
  const topology = deriveTopology(vi, site);
  return [...topology.nodes.values()].map((at) => compileNode(vi, topology, at, options));
}

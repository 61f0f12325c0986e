/**
 * The segments that a driver was told to keep, each with its topology and its registry. What arrives from packets and what
 * arrives from `ensure` meet here; sending anything to a switch is not its business.
 */

import {
  deriveListedEntries,
  entriesOf,
  expire,
  mergeEntries,
  type Registry,
  toRegistry,
} from '../../domain/registry/registry.js';
import type { RegistryEntry } from '../../domain/registry/registry-entry.js';
import type { Site } from '../../domain/site/site-file.js';
import type { PlacedVi } from '../../domain/vi/placed-vi.js';
import type { Clock } from '../../lib/clock.js';
import { compileNode } from './plan/compile.js';
import type { NodePlan } from './plan/node-plan.js';
import { deriveTopology, deriveUnicast, type Topology } from './plan/topology.js';

export interface Segment {
  vi: PlacedVi;
  topology: Topology;
  registry: Registry;
}

/** A learnt sender that is silent for this long is forgotten; its frames are flooded again. */
const learntForMs = 60 * 60_000;

export function createSegments(site: Site, instance: string, clock: Clock) {
  const segments = new Map<string, Segment>();
  /** On the path of every packet-in. */
  const numbered = new Map<number, Segment>();
  const restored = new Map<string, RegistryEntry[]>();

  const registryOf = (vi: PlacedVi, topology: Topology): Registry => {
    const known = segments.get(vi.connectionId);
    const learnt = known === undefined ? (restored.get(vi.connectionId) ?? []) : entriesOf(known.registry);
    const at = [...topology.nodes.values()][0];
    return mergeEntries(
      deriveListedEntries(vi, site, clock.now()),
      learnt,
      (place, vlan) => at !== undefined && deriveUnicast(topology, at, 'local', vlan, place) !== undefined,
    );
  };

  return {
    keep(vi: PlacedVi): Segment {
      const topology = deriveTopology(vi, site);
      const segment = { vi, topology, registry: registryOf(vi, topology) };
      segments.set(vi.connectionId, segment);
      numbered.set(vi.viNumber, segment);
      restored.delete(vi.connectionId);
      return segment;
    },
    forget(connectionId: string): void {
      const segment = segments.get(connectionId);
      segments.delete(connectionId);
      if (segment !== undefined) numbered.delete(segment.vi.viNumber);
      restored.delete(connectionId);
    },
    restore(connectionId: string, entries: RegistryEntry[]): void {
      const segment = segments.get(connectionId);
      if (segment === undefined) restored.set(connectionId, entries);
    },
    all: (): Segment[] => [...segments.values()],
    byNumber: (viNumber: number): Segment | undefined => numbered.get(viNumber),
    entries(connectionId: string): RegistryEntry[] {
      const segment = segments.get(connectionId);
      return segment === undefined ? [] : entriesOf(segment.registry);
    },
    /** Segments that forgot someone, and so want other flows. */
    expire(): Segment[] {
      return [...segments.values()].filter(({ registry }) => expire(registry, clock.now(), learntForMs).length > 0);
    },
    /** Every plan for a node, of all segments. */
    plansFor: (node: string): NodePlan[] =>
      [...segments.values()].flatMap(({ vi, topology, registry }) => {
        const at = topology.nodes.get(node);
        return at === undefined ? [] : [compileNode(vi, topology, at, { instance, entries: entriesOf(registry) })];
      }),
    planFor(segment: Segment, node: string): NodePlan | undefined {
      const { vi, topology, registry } = segment;
      const at = topology.nodes.get(node);
      return at && compileNode(vi, topology, at, { instance, entries: entriesOf(registry) });
    },
    mtu: (vi: PlacedVi): number => deriveTopology(vi, site).mtu,
    /** What a VI would be given if it were kept now; keeps nothing. */
    preview(vi: PlacedVi): NodePlan[] {
      const topology = deriveTopology(vi, site);
      const kept = segments.get(vi.connectionId)?.registry;
      const entries = entriesOf(kept ?? toRegistry(deriveListedEntries(vi, site, clock.now())));
      return [...topology.nodes.values()].map((at) => compileNode(vi, topology, at, { instance, entries }));
    },
  };
}

export type Segments = ReturnType<typeof createSegments>;

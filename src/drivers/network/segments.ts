/**
 * The segments that a driver was told to keep, each with its topology and its registry. What arrives from packets and what
 * arrives from `ensure` meet here; sending anything to a switch is not its business.
 */

import { deriveListedEntries, deriveListedMachines, deriveListedOwners } from '../../domain/registry/listed-entries.js';
import {
  entriesOf,
  expire,
  findEntry,
  isSilent,
  mergeEntries,
  type Registry,
  toRegistry,
} from '../../domain/registry/registry.js';
import type { RegistryEntry } from '../../domain/registry/registry-entry.js';
import type { Site } from '../../domain/site/site-file.js';
import type { PlacedVi } from '../../domain/vi/placed-vi.js';
import type { Clock } from '../../lib/clock.js';
import { compileNode } from './plan/compile.js';
import { deriveEntryFlows, type EntryView } from './plan/entry-flows.js';
import { deriveJoinPorts, viEndsOf } from './plan/join-ports.js';
import type { NodePlan, PlanFlow } from './plan/node-plan.js';
import { deriveTopology, type Topology } from './plan/topology.js';
import { findWay } from './plan/ways.js';

export type EntryName = Pick<RegistryEntry, 'vlan' | 'mac'>;

export interface Segment {
  vi: PlacedVi;
  topology: Topology;
  registry: Registry;
}

/** A learnt sender that is silent for this long is forgotten; its frames are flooded again. */
const learntForMs = 60 * 60_000;
/** Before that, what it asks is news again: a switch that knows it would not tell us that it still asks. */
const confirmedForMs = learntForMs / 2;

/** Entries of a segment whose flows want a look, gone ones among them. */
export interface Touched {
  segment: Segment;
  entries: RegistryEntry[];
}

export function createSegments(site: Site, instance: string, clock: Clock) {
  const segments = new Map<string, Segment>();
  /** On the path of every packet-in. */
  const numbered = new Map<number, Segment>();
  const restored = new Map<string, RegistryEntry[]>();
  /** Whose flows were taken back for silence. */
  const silent = new WeakSet<RegistryEntry>();
  const startedAt = clock.now();
  const { newsPerSecond } = site.registry;

  const viewOf = (registry: Registry, entry: RegistryEntry, now: Date): EntryView => ({
    entry,
    confirmed: !isSilent(registry, entry, now, confirmedForMs),
  });
  const viewsOf = (registry: Registry): EntryView[] => {
    const now = clock.now();
    return entriesOf(registry).map((entry) => viewOf(registry, entry, now));
  };

  function hush(segment: Segment): RegistryEntry[] {
    const { registry } = segment;
    const now = clock.now();
    const found = entriesOf(registry).filter(
      (entry) => !silent.has(entry) && isSilent(registry, entry, now, confirmedForMs),
    );
    for (const entry of found) silent.add(entry);
    return found;
  }

  const registryOf = (vi: PlacedVi, topology: Topology): Registry => {
    const known = segments.get(vi.connectionId);
    const learnt = known === undefined ? (restored.get(vi.connectionId) ?? []) : entriesOf(known.registry);
    const at = [...topology.nodes.values()][0];
    return mergeEntries(
      deriveListedEntries(vi, site, clock.now()),
      learnt,
      (place, vlan) => at !== undefined && findWay(topology, at, vlan, place) !== undefined,
      {
        limits: site.registry,
        isVmPort: (place) =>
          place.kind === 'port' && topology.nodes.get(place.node)?.vmPorts.includes(place.portName) === true,
        heardSince: startedAt,
        listedOwners: deriveListedOwners(vi),
        listedMachines: deriveListedMachines(vi),
        ...(known === undefined ? {} : { moves: known.registry.rules.moves }),
      },
    );
  };

  const joinsOf = ({ connectionId }: PlacedVi) =>
    deriveJoinPorts(
      connectionId,
      [...segments.values()].map(({ vi }) => vi),
    );

  function keepOne(vi: PlacedVi): Segment {
    const topology = deriveTopology(vi, site, joinsOf(vi));
    const segment = { vi, topology, registry: registryOf(vi, topology) };
    segments.set(vi.connectionId, segment);
    numbered.set(vi.viNumber, segment);
    restored.delete(vi.connectionId);
    return segment;
  }

  /** A VI that a point-to-point service joins, or did, has another topology then. */
  function keepJoined(services: readonly PlacedVi[]): void {
    for (const { connectionId } of services.flatMap(viEndsOf)) {
      const joined = segments.get(connectionId);
      if (joined !== undefined) keepOne(joined.vi);
    }
  }

  return {
    keep(vi: PlacedVi): Segment {
      const before = segments.get(vi.connectionId);
      const segment = keepOne(vi);
      keepJoined([...(before === undefined ? [] : [before.vi]), vi]);
      return segment;
    },
    forget(connectionId: string): void {
      const segment = segments.get(connectionId);
      segments.delete(connectionId);
      if (segment !== undefined) {
        numbered.delete(segment.vi.viNumber);
        keepJoined([segment.vi]);
      }
      restored.delete(connectionId);
    },
    clear(): void {
      segments.clear();
      numbered.clear();
      restored.clear();
    },
    /** VIs that are kept and that this one ends in. */
    joinedBy: (vi: PlacedVi): Segment[] => viEndsOf(vi).flatMap(({ connectionId }) => segments.get(connectionId) ?? []),
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
    /** Forgets who was silent too long, and tells whose flows want a change. */
    expire(): Touched[] {
      return [...segments.values()].flatMap((segment) => {
        const entries = [...expire(segment.registry, clock.now(), learntForMs), ...hush(segment)];
        return entries.length === 0 ? [] : [{ segment, entries }];
      });
    },
    planFor(segment: Segment, node: string): NodePlan | undefined {
      const { vi, topology, registry } = segment;
      const at = topology.nodes.get(node);
      return at && compileNode(vi, topology, at, { instance, newsPerSecond, entries: viewsOf(registry) });
    },
    /** What a plan for the node holds of one entry; nothing if there is none (any more). */
    entryFlowsFor({ vi, topology, registry }: Segment, node: string, key: EntryName): PlanFlow[] {
      const at = topology.nodes.get(node);
      const entry = findEntry(registry, key.vlan, key.mac);
      if (at === undefined || entry === undefined) return [];
      const { alike, own } = deriveEntryFlows({ vi, topology, at }, [viewOf(registry, entry, clock.now())]);
      return [...alike.flat(), ...own];
    },
    mtu: (vi: PlacedVi): number => deriveTopology(vi, site).mtu,
    /** What a VI would be given if it were kept now; keeps nothing. */
    preview(vi: PlacedVi): NodePlan[] {
      const topology = deriveTopology(vi, site, joinsOf(vi));
      const kept = segments.get(vi.connectionId)?.registry;
      const entries = viewsOf(kept ?? toRegistry(deriveListedEntries(vi, site, clock.now())));
      return [...topology.nodes.values()].map((at) =>
        compileNode(vi, topology, at, { instance, newsPerSecond, entries }),
      );
    },
  };
}

export type Segments = ReturnType<typeof createSegments>;

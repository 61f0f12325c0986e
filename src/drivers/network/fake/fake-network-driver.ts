/**
 * A network driver whose nodes are in memory, or in files where the site file names a folder for them: same contract, same plans,
 * simulated switches. For tests that need no root and for examples/fake-site.yaml.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NetworkDriver, NetworkEvents, NodeNote } from '../../../domain/ports/network-driver.js';
import type { Site } from '../../../domain/site/site-file.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import { type Clock, systemClock } from '../../../lib/clock.js';
import { createShelf, type Shelf } from '../../shelf.js';
import { createFollowers } from '../followers.js';
import { throwFailures } from '../node-failures.js';
import type { SimulatedFrame } from '../plan/frame-match.js';
import { flowsOfPlan, type NodePlan } from '../plan/node-plan.js';
import { decide, toIngress, type WhereaboutsFrame } from '../plan/packet-decision.js';
import { fromMetadata, type Side } from '../plan/pipeline.js';
import { toNodeNetworkPlan } from '../plan/plan-text.js';
import type { Outputs } from '../plan/ways.js';
import { createSegments, type Segment } from '../segments.js';
import { evaluate } from '../trace/evaluate.js';
import { createTracer } from '../trace/tracer.js';
import { createSimulatedFabric, type Delivery, type Outcome } from './simulated-fabric.js';

/** The fake's instance, where the site has no database that gave it one. */
const fakeInstance = '00000000-0000-4000-8000-000000000000';

export interface FakeNetworkDriver extends NetworkDriver {
  /** From now on the node does not answer, or does again. */
  setReachable(node: string, reachable: boolean): void;
  /** A frame enters by a port of a node, on a tunnel under a key; the controller does its part. Who is delivered it. */
  inject(
    node: string,
    port: string,
    frame: SimulatedFrame & { whereabouts?: WhereaboutsFrame },
    tunnelKey?: number,
  ): Outcome;
}

export function createFakeNetworkDriver(
  site: Site,
  options: { instance?: string; clock?: Clock; mayChange?: () => Promise<unknown> } = {},
): FakeNetworkDriver {
  const instance = options.instance ?? fakeInstance;
  const clock = options.clock ?? systemClock;
  const segments = createSegments(site, instance, clock);
  /** What stands on each node, by connection id. */
  const { directory, latencyMs } = site.simulation;
  const standing = new Map(
    site.nodes.map(({ name }) => [name, createShelf<NodePlan>(directory && join(directory, name), 'network')]),
  );
  const notes = new Map(
    site.nodes.map(({ name }) => [name, createShelf<NodeNote>(directory && join(directory, name), 'note')]),
  );
  const unreachable = new Set<string>();
  const packetIns = new Map<string, number>();
  let events: NetworkEvents | undefined;
  /** Until told otherwise: tests and tools have no lease. */
  let leading = true;

  function nodeOf(node: string): Shelf<NodePlan> {
    const plans = standing.get(node);
    if (plans === undefined) throw new DriverError('notFound', node, 'is not a node of this site');
    if (unreachable.has(node)) throw new DriverError('transient', node, 'does not answer');
    return plans;
  }

  const noteOf = (node: string): NodeNote => {
    nodeOf(node);
    return notes.get(node)!.get('note') ?? { round: 0, records: {} };
  };

  const settle = (node: string, vi: PlacedVi): void => {
    const segment = segments.all().find((kept) => kept.vi.connectionId === vi.connectionId);
    const plan = segment && segments.planFor(segment, node);
    const plans = nodeOf(node);
    if (plan === undefined) plans.delete(vi.connectionId);
    else plans.set(vi.connectionId, plan);
  };

  const settleEverywhere = async (vi: PlacedVi): Promise<void> => {
    const failures: DriverError[] = [];
    for (const node of standing.keys()) {
      const wanted = segments.all().some((s) => s.vi.connectionId === vi.connectionId && s.topology.nodes.has(node));
      if (!wanted && !standing.get(node)!.has(vi.connectionId)) continue;
      if (latencyMs > 0) await sleep(latencyMs);
      await options.mayChange?.();
      try {
        settle(node, vi);
      } catch (error) {
        failures.push(error as DriverError);
      }
    }
    throwFailures(failures);
  };

  const keptVi = (connectionId: string): PlacedVi | undefined =>
    segments.all().find((kept) => kept.vi.connectionId === connectionId)?.vi;

  const follow = createFollowers(async (connectionId) => {
    const vi = keptVi(connectionId);
    if (vi !== undefined) await settleEverywhere(vi);
  });
  /** By the version that is kept as well. */
  const joinedByAny = (vi: PlacedVi): Segment[] =>
    [keptVi(vi.connectionId), vi].flatMap((version) => (version === undefined ? [] : segments.joinedBy(version)));

  const fabric = () => createSimulatedFabric([...standing.values()].flatMap((plans) => [...plans.values()]));

  function handlePunt(
    punt: Delivery & { metadata: bigint },
    frame: SimulatedFrame & { whereabouts?: WhereaboutsFrame },
    outcome: Outcome,
  ): void {
    packetIns.set(punt.node, (packetIns.get(punt.node) ?? 0) + 1);
    const from = fromMetadata(punt.metadata);
    const segment = from && segments.byNumber(from.viNumber);
    const at = segment?.topology.nodes.get(punt.node);
    if (from === undefined || segment === undefined || at === undefined || frame.whereabouts === undefined) return;
    const ingress = toIngress(segment, at, punt.port, from.side as Side);
    if (ingress === undefined) return;
    const decision = decide(segment, ingress, frame.whereabouts, clock.now());
    const { changes, givenUp } = decision.learning;
    if (changes.length > 0 || givenUp !== undefined) settleReachable(segment.vi);
    for (const entry of changes) events?.registryChanged(segment.vi.connectionId, entry);
    if (decision.answer !== undefined) outcome.delivered.push({ node: punt.node, port: punt.port });
    else emit(punt, decision.forward, frame, segment.vi.segment.key, outcome);
  }

  function emit(
    punt: Delivery,
    { local, tunnels }: Outputs,
    frame: SimulatedFrame,
    key: number,
    outcome: Outcome,
  ): void {
    const sent = fabric().send(punt.node, punt.port, [...local, ...tunnels], frame, key);
    outcome.delivered.push(...sent.delivered);
    outcome.departed.push(...sent.departed);
  }

  const trace = createTracer({
    segments,
    instance,
    async look(node, frame) {
      const standingHere = [...nodeOf(node).values()].flatMap((plan) =>
        flowsOfPlan(plan)
          .filter(({ where }) => where !== 'switch')
          .map((flow) => ({ cookie: plan.cookie, flow })),
      );
      return { rules: evaluate(standingHere, frame), source: 'flows', sourceReason: 'the switch is simulated' };
    },
  });

  const settleReachable = (vi: PlacedVi): void => {
    for (const node of standing.keys()) if (!unreachable.has(node)) settle(node, vi);
  };

  return {
    async start(given) {
      events = given;
    },
    async adopt(known) {
      segments.clear();
      for (const { vi, entries } of known) {
        segments.restore(vi.connectionId, entries);
        segments.keep(vi);
      }
    },
    async lead() {
      leading = true;
    },
    async standBy() {
      leading = false;
    },
    async stop() {
      events = undefined;
    },
    async fingerprint(node) {
      nodeOf(node);
      const { datapathId } = site.nodes.find((known) => known.name === node)!.network;
      return { node, switchVersion: 'simulated', datapathId, connected: true };
    },
    segmentMtu: (vi) => segments.mtu(vi),
    plan: async (vi) => segments.preview(vi).map((plan) => toNodeNetworkPlan(plan, site.bridge)),
    async ensure(vi) {
      const joined = joinedByAny(vi);
      segments.keep(vi);
      await follow(vi.connectionId, joined, () => settleEverywhere(vi));
    },
    async remove(vi) {
      const joined = joinedByAny(vi);
      segments.forget(vi.connectionId);
      await follow(vi.connectionId, joined, () => settleEverywhere(vi));
    },
    async observe(node) {
      const viNumbers = [...nodeOf(node).values()].map((plan) => plan.viNumber).sort((a, b) => a - b);
      return { node, viNumbers, ofPorts: [] };
    },
    async readNote(node) {
      return noteOf(node);
    },
    async writeNote(node, { round = 0, records = {} }) {
      const known = noteOf(node);
      const kept = Object.entries({ ...known.records, ...records }).filter(([, text]) => text !== undefined);
      notes.get(node)!.set('note', { round: Math.max(round, known.round), records: Object.fromEntries(kept) as never });
    },
    trace,
    status: async () =>
      [...standing.keys()].map((node) => ({
        node,
        connected: !unreachable.has(node),
        packetIns: packetIns.get(node) ?? 0,
        packetInsDropped: {},
        refused: {},
        problems: unreachable.has(node) ? ['the switch is not connected'] : [],
      })),
    registry: async (connectionId) => (leading ? segments.entries(connectionId) : []),
    restore: async (connectionId, entries) => segments.restore(connectionId, entries),
    async leave(node) {
      nodeOf(node).clear();
    },
    setReachable(node, reachable) {
      if (reachable) unreachable.delete(node);
      else unreachable.add(node);
      if (reachable) for (const { vi, topology } of segments.all()) if (topology.nodes.has(node)) settle(node, vi);
      events?.nodeChanged(node);
    },
    inject(node, port, frame, tunnelKey) {
      const outcome = fabric().inject(node, port, frame, tunnelKey);
      for (const punt of outcome.punted) handlePunt(punt, frame, outcome);
      return outcome;
    },
  };
}

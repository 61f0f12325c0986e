/**
 * The network driver for Open vSwitch: keeps the segments it was told of, and sees to it that every node's database and switch
 * agree with them, now and whenever a node comes back. Nodes are worked on in parallel; each is a world of its own (ovs-node.ts).
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NetworkDriver, NetworkEvents } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import { createLoneLease } from '../../../domain/site/lone-lease.js';
import type { Site } from '../../../domain/site/site-file.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';
import { type Clock, systemClock } from '../../../lib/clock.js';
import type { Log } from '../../../lib/log.js';
import { createController } from '../../../openflow/controller.js';
import { type ListenAddress, parseListenAddress } from '../../../openflow/listen-address.js';
import { OpenflowError } from '../../../openflow/openflow-error.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import type { PacketIn } from '../../../wire/openflow/packet-in.js';
import { createFollowers } from '../followers.js';
import { forNodes } from '../node-failures.js';
import { instanceCookieMask, toCookie, toInstanceCookie, viMask } from '../plan/pipeline.js';
import { toNodeNetworkPlan } from '../plan/plan-text.js';
import { hostingNodes } from '../plan/topology.js';
import { createRefusalCounts } from '../refusal-counts.js';
import { createSegments, type EntryName, type Segment } from '../segments.js';
import { createTracer } from '../trace/tracer.js';
import { toDriverError } from './flow-apply.js';
import { createPace } from './flow-comparison.js';
import { MissingPorts } from './missing-ports.js';
import { followSiteTls, toPeerTrust, toSwitchTrust } from './node-trust.js';
import { createOvsNode, type NodeTimeouts, type OvsNode, type Settlement } from './ovs-node.js';
import { createPacketHandler } from './packet-handler.js';
import { createSwitchLook } from './switch-look.js';
import { createSwitchRoles } from './switch-roles.js';

export interface OvsNetworkDriverOptions {
  site: Site;
  /** The site instance's mark. */
  instance: string;
  log: Log;
  /** Absent: this process is alone, and leads as soon as it has started. */
  lease?: SiteLease;
  clock?: Clock;
  timeouts?: Partial<NodeTimeouts>;
}

const defaultTimeouts: NodeTimeouts = {
  databaseMs: 5_000,
  sessionMs: 10_000,
  portMs: 5_000,
  probeMs: 1_000,
  plugMs: 1_000,
};
/** How often we look whether a node that is away can reach us, and whether learnt entries are too old. */
const housekeepingMs = 2_000;

function listenAddressOf(node: Site['nodes'][number]): ListenAddress {
  const address = parseListenAddress(node.network.controller);
  if (address === undefined)
    throw new DriverError(
      'permanent',
      node.name,
      `'${node.network.controller}' is not an address that we can listen on`,
    );
  return address;
}

export function createOvsNetworkDriver(options: OvsNetworkDriverOptions): NetworkDriver {
  const { site, instance, log, clock = systemClock } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const segments = createSegments(site, instance, clock);
  const lease = options.lease ?? createLoneLease(site);
  const refusals = createRefusalCounts(log);
  const addresses = new Map(site.nodes.map((node) => [node.name, listenAddressOf(node)]));
  const tls = followSiteTls(site, log, clock);
  const nodes = new Map<string, OvsNode>();
  /** What the last automatic attempt on a node failed with, by VI. */
  const troubles = new Map<string, string>();
  let events: NetworkEvents | undefined;
  let leading = false;
  let housekeeping: NodeJS.Timeout | undefined;
  let watching: NodeJS.Timeout | undefined;

  const nodeOf = (name: string): OvsNode => {
    const node = nodes.get(name);
    if (node === undefined)
      throw new DriverError(addresses.has(name) ? 'transient' : 'notFound', name, 'is not a node that we work on');
    return node;
  };

  const settlementFor = ({ vi }: { vi: PlacedVi }, node: string): Settlement => {
    const kept = keptSegment(vi);
    return {
      cookie: toCookie(instance, vi.viNumber),
      connectionId: vi.connectionId,
      version: vi.version,
      plan: kept && segments.planFor(kept, node),
    };
  };

  /** What nobody waits for: its failure is shown in the node's status, and the next round tries again. */
  function inBackground(node: OvsNode, { vi }: Segment, work: Promise<void>): void {
    const trouble = `${node.node} ${vi.connectionId}`;
    work.then(
      () => troubles.delete(trouble),
      (error: Error) => {
        roles.noteFailure(node.node, error);
        if (events === undefined || !leading) return;
        troubles.set(trouble, error.message);
        log.warn({ node: node.node, connectionId: vi.connectionId, err: error }, 'not as it should be');
      },
    );
  }

  const cookieOf = ({ vi }: Segment): bigint => toCookie(instance, vi.viNumber);

  const refresh = (node: OvsNode, segment: Segment): void =>
    inBackground(
      node,
      segment,
      node.refresh(cookieOf(segment), () => settlementFor(segment, node.node)),
    );

  const resettle = (node: OvsNode, segment: Segment): void =>
    inBackground(
      node,
      segment,
      node.settle(() => settlementFor(segment, node.node), { waitForVmPorts: false }),
    );

  const segmentsOn = (node: string): Segment[] => segments.all().filter(({ topology }) => topology.nodes.has(node));

  function handlePortsChanged(name: string, isVmPort: boolean): void {
    const node = nodes.get(name);
    if (node === undefined || events === undefined) return;
    for (const segment of segmentsOn(name)) {
      const settlement = settlementFor(segment, name);
      if (node.isDamaged(settlement)) resettle(node, segment);
      else if (node.isOutdated(settlement)) refresh(node, segment);
    }
    if (isVmPort) events.nodeChanged(name);
  }

  /** Brings the flows of these entries to all nodes that have the segment's. */
  function patch(segment: Segment, entries: readonly EntryName[]): void {
    for (const name of segment.topology.nodes.keys()) {
      const node = nodes.get(name);
      if (node === undefined || !node.isKept(cookieOf(segment))) continue;
      const flowsOf = (entry: EntryName) => {
        const kept = keptSegment(segment.vi);
        return kept === undefined ? [] : segments.entryFlowsFor(kept, name, entry);
      };
      const whole = () => settlementFor(segment, name);
      inBackground(node, segment, node.patch(entries, { cookie: cookieOf(segment), flowsOf, whole }));
    }
  }

  function handleLearnt(segment: Segment, changes: readonly RegistryEntry[]): void {
    patch(segment, changes);
    for (const entry of changes) events?.registryChanged(segment.vi.connectionId, entry);
  }

  const handlerFor = createPacketHandler({
    segments,
    nodes,
    clock,
    log,
    onLearnt: handleLearnt,
    onTouched: (segment, entry) => patch(segment, [entry]),
    onRefused: refusals.note,
  });
  /** Of the sessions that are up. */
  const packetHandlers = new Map<SwitchSession, (packet: PacketIn) => void>();
  const byDatapath = new Map(site.nodes.map((node) => [node.network.datapathId, node.name]));
  const datapathOf = (name: string): string => site.nodes.find((known) => known.name === name)!.network.datapathId;
  const nameOf = (session: SwitchSession): string => byDatapath.get(session.datapathId) ?? '';

  const roles = createSwitchRoles({
    lease,
    log,
    onMaster(name, session) {
      const node = nodes.get(name);
      if (node === undefined) return;
      node.attach(session);
      packetHandlers.set(session, handlerFor(session, node));
      for (const segment of segmentsOn(name)) resettle(node, segment);
      events?.nodeChanged(name);
    },
    onNoMaster(name, session) {
      packetHandlers.delete(session);
      if (nodes.get(name)?.detach(session)) events?.nodeChanged(name);
    },
  });

  const controller = createController({
    listen: [],
    log,
    trust: toSwitchTrust(tls, site),
    events: {
      sessionUp(session) {
        const name = nameOf(session);
        if (nodes.has(name)) roles.up(name, session);
        else session.close('not a switch of this site');
      },
      sessionDown(session) {
        roles.down(nameOf(session), session);
      },
      packetIn(session, packet) {
        if (packet.metadataLow === 0) nodes.get(nameOf(session))?.hearProbe(packet);
        else packetHandlers.get(session)?.(packet);
      },
      portStatus() {},
      flowRemoved() {},
      unsolicitedError(session, error) {
        const answer = { errorType: error.error_type, errorCode: error.error_code };
        roles.noteFailure(nameOf(session), new OpenflowError('refused', session.datapathId, 'a message', [], answer));
        log.warn({ datapathId: session.datapathId, type: error.error_type, code: error.error_code }, 'switch error');
      },
    },
  });

  /** A unix socket can only be made once its folder exists, and is made again after the folder was emptied. */
  async function listenFor(name: string): Promise<void> {
    try {
      await controller.ensureListening(addresses.get(name)!);
    } catch (error) {
      throw new DriverError('transient', name, `cannot listen for its switch: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  function keepHouse(): void {
    for (const name of nodes.keys()) if (!roles.isConnected(name)) listenFor(name).catch(() => {});
    for (const { segment, entries } of segments.expire()) patch(segment, entries);
  }

  function mendDamaged(node: OvsNode, cookies: readonly bigint[]): void {
    const damaged = new Set(cookies);
    for (const segment of segmentsOn(node.node)) if (damaged.has(cookieOf(segment))) resettle(node, segment);
  }

  /** One question at a time: a switch that is slow to answer is not asked more. */
  const asked = new Set<OvsNode>();
  async function mendFlows(node: OvsNode): Promise<void> {
    if (asked.has(node)) return;
    asked.add(node);
    const [fewer] = await Promise.all([node.findDamagedFlows(), node.lookForDrops()]);
    asked.delete(node);
    mendDamaged(node, fewer);
  }

  const pace = createPace(site.reservations.compareSeconds * 1000);
  const mendChanged = (): Promise<void> =>
    pace.run([...nodes.values()].map((node) => async () => mendDamaged(node, await node.findChangedFlows())));

  const createNodes = (): void => {
    for (const known of site.nodes) {
      const { name, network } = known;
      const { datapathId, datapathType } = network;
      const trust = toPeerTrust(tls, known);
      const spec = { node: name, bridge: site.bridge, instance, datapathId, datapathType };
      const onPortsChanged = (isVmPort: boolean): void => handlePortsChanged(name, isVmPort);
      nodes.set(name, createOvsNode({ spec, lease, endpoint: network.ovsdb, trust, timeouts, log, onPortsChanged }));
    }
  };

  /**
   * On nodes of the VI failures count; elsewhere they are what the node's own next round is for. `isFollower`: for a service that ends in the VI.
   * Ports that its VMs lack are the VI's own to fail by.
   */
  const settleEverywhere = (
    vi: PlacedVi,
    involved: ReadonlySet<string>,
    { isFollower = false } = {},
  ): Promise<void> => {
    const cookie = toCookie(instance, vi.viNumber);
    const isBorneBy = (node: OvsNode): boolean => !node.lacks(cookie) || node.portOwners().has(vi.connectionId);
    const targets = [...nodes.values()].filter((node) => involved.has(node.node) || isBorneBy(node));
    return forNodes(
      targets.map((node) => node.node),
      async (name) => {
        const node = nodeOf(name);
        const mustSucceed = involved.has(name) || node.stands(cookie);
        if (!mustSucceed && node.session() === undefined) return;
        if (mustSucceed) await listenFor(name);
        try {
          await node.settle(() => settlementFor({ vi }, name), { waitForVmPorts: !isFollower });
          troubles.delete(`${name} ${vi.connectionId}`);
        } catch (error) {
          if (isFollower && error instanceof MissingPorts && error.areOfVms) return;
          roles.noteFailure(name, error);
          if (mustSucceed) throw error;
          log.warn({ node: name, connectionId: vi.connectionId, err: error }, 'not cleared');
        }
      },
    );
  };

  /** Also those of the version that this driver knew before. A node that the site has no more is not waited for. */
  const nodesOf = (vi: PlacedVi, before: Iterable<string>): Set<string> =>
    new Set([...hostingNodes(vi), ...before, ...nodesOfSegment(keptSegment(vi))].filter((name) => nodes.has(name)));
  const nodesOfSegment = (segment: Segment | undefined): string[] => [...(segment?.topology.nodes.keys() ?? [])];
  const keptSegment = ({ connectionId }: Pick<PlacedVi, 'connectionId'>): Segment | undefined =>
    segments.all().find(({ vi }) => vi.connectionId === connectionId);

  /** A node that cannot be reached keeps none of the others from it. */
  const forAllNodes = (what: string, work: (name: string) => Promise<void>): Promise<void> =>
    forNodes(nodes.keys(), (name) =>
      work(name).catch((error) => {
        if (events !== undefined) log.warn({ node: name, err: error }, what);
      }),
    );

  async function lead(): Promise<void> {
    leading = true;
    await Promise.all([
      roles.lead(),
      forAllNodes('cannot be joined now', async (name) => {
        await listenFor(name);
        await nodeOf(name).join();
      }),
    ]);
  }

  /** Whether we can do there what is ours to do. */
  const isConnected = (node: OvsNode): boolean =>
    leading ? node.session() !== undefined : roles.isConnected(node.node);

  const joinedBy = (services: readonly (PlacedVi | undefined)[]): Segment[] =>
    services.flatMap((service) => (service === undefined ? [] : segments.joinedBy(service)));

  const follow = createFollowers(async (connectionId, before) => {
    const kept = keptSegment({ connectionId });
    if (kept !== undefined) await settleEverywhere(kept.vi, nodesOf(kept.vi, before), { isFollower: true });
  });

  return {
    async start(given) {
      events = given;
      createNodes();
      housekeeping = setInterval(keepHouse, housekeepingMs);
      watching = setInterval(() => {
        for (const node of nodes.values()) void mendFlows(node);
        void mendChanged();
      }, site.reservations.watchSeconds * 1000);
      await forAllNodes('its switch cannot reach us now', listenFor);
      if (options.lease === undefined) await lead();
      // Before anything is done, what the nodes bear is compared with the database.
      else await forAllNodes('its database does not answer now', (name) => nodeOf(name).reach());
    },
    async adopt(standing) {
      segments.clear();
      for (const { vi, entries } of standing) {
        segments.restore(vi.connectionId, entries);
        segments.keep(vi);
      }
    },
    lead,
    async standBy() {
      leading = false;
      troubles.clear();
      roles.standBy();
      for (const node of nodes.values()) node.standBy();
    },
    async stop() {
      events = undefined;
      clearInterval(housekeeping);
      clearInterval(watching);
      await controller.stop();
      for (const node of nodes.values()) node.close();
      nodes.clear();
    },
    async fingerprint(name) {
      const node = nodeOf(name);
      const { switchVersion } = await node.fingerprint();
      return { node: name, switchVersion, datapathId: datapathOf(name), connected: isConnected(node) };
    },
    segmentMtu: (vi) => segments.mtu(vi),
    plan: async (vi) => segments.preview(vi).map((plan) => toNodeNetworkPlan(plan, site.bridge)),
    async ensure(vi) {
      const before = keptSegment(vi);
      const joinedBefore = joinedBy([before?.vi, vi]);
      segments.keep(vi);
      await follow(vi.connectionId, joinedBefore, () => settleEverywhere(vi, nodesOf(vi, nodesOfSegment(before))));
    },
    async remove(vi) {
      const before = keptSegment(vi);
      const joinedBefore = joinedBy([before?.vi, vi]);
      segments.forget(vi.connectionId);
      for (const name of nodes.keys()) troubles.delete(`${name} ${vi.connectionId}`);
      await follow(vi.connectionId, joinedBefore, () => settleEverywhere(vi, nodesOf(vi, nodesOfSegment(before))));
    },
    async observe(name) {
      const node = nodeOf(name);
      const session = node.session();
      if (session === undefined) throw new DriverError('transient', name, 'its switch is not connected');
      try {
        const cookie = toInstanceCookie(instance);
        const flows = await session.multipart('flow', { cookie, cookie_mask: instanceCookieMask });
        const cookies = new Set(flows.map((flow) => flow.cookie));
        node.noteSeen(cookies);
        const viNumbers = [...cookies].map((seen) => Number(seen & viMask)).sort((a, b) => a - b);
        return { node: name, viNumbers, ofPorts: [...node.portOwners()].sort() };
      } catch (error) {
        throw toDriverError(name, error);
      }
    },
    readNote: async (name) => nodeOf(name).readNote(),
    writeNote: async (name, change) => nodeOf(name).writeNote(change),
    trace: createTracer({ segments, instance, look: createSwitchLook({ site, segments, instance, nodeOf }) }),
    status: async () =>
      [...nodes.values()].map((node) => ({
        node: node.node,
        connected: isConnected(node),
        role: roles.role(node.node),
        packetIns: node.packetIns(),
        packetInsDropped: node.packetInsDropped(),
        refused: refusals.of(node.node),
        ...(tls === undefined ? {} : { impostors: controller.impostors(datapathOf(node.node)) }),
        problems: [
          ...node.problems(isConnected(node)),
          ...[...troubles].flatMap(([key, what]) => (key.startsWith(`${node.node} `) ? [what] : [])),
        ],
      })),
    registry: async (connectionId) => (leading ? segments.entries(connectionId) : []),
    restore: async (connectionId, entries) => segments.restore(connectionId, entries),
    leave: (name) => nodeOf(name).leave(),
  };
}

/**
 * One node: its database, its switch's session, and what this driver has brought about there. Settles one VI at a time, and settles
 * again by itself when a port gets another number or the switch comes back. Which VIs there are is its owner's business.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NodeNoteChange, PacketInsDropped } from '../../../domain/ports/network-driver.js';
import { createSerialQueue } from '../../../lib/serial-queue.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import { toEntryKey } from '../plan/entry-flows.js';
import type { NodePlan, PlanFlow } from '../plan/node-plan.js';
import type { EntryName } from '../segments.js';
import { applyFlows, sendDifference, toDriverError } from './flow-apply.js';
import { isAsGiven, readFlows } from './flow-comparison.js';
import { diffFlows, diffMeters, usedPorts } from './flow-diff.js';
import { createFlowWatch } from './flow-watch.js';
import { createLoopGuard } from './loop-guard.js';
import { createMeterDrops } from './meter-drops.js';
import { MissingPorts } from './missing-ports.js';
import { type BridgeTimeouts, createNodeBridge, type NodeBridgeOptions } from './node-bridge.js';
import { createNodeSession } from './node-session.js';
import { countFlows, emptyPlan, flowsOf, type ResolvedPlan, resolve, resolveFlows } from './resolve.js';
import { createSeenCookies } from './seen-cookies.js';

export interface NodeTimeouts extends BridgeTimeouts {
  /** For the switch to connect, a new bridge included. */
  sessionMs: number;
  /** For a probe frame to come back over a LAN that two external ports share. */
  probeMs: number;
}

export interface OvsNodeOptions extends NodeBridgeOptions {
  timeouts: NodeTimeouts;
}

/** What a VI should have here; `plan` undefined: nothing. */
export interface Settlement {
  cookie: bigint;
  connectionId: string;
  version: number;
  plan: NodePlan | undefined;
}

/** What a VI should have here of single entries of its registry. */
export interface EntrySettlement {
  cookie: bigint;
  flowsOf: (entry: EntryName) => readonly PlanFlow[];
  /** For a switch of which we do not know what stands. */
  whole: () => Settlement;
}

interface Standing {
  /** The session that it was applied in: another may have lost it. */
  generation: number;
  plan: ResolvedPlan;
}

const cookiesOf = (flows: readonly { cookie: bigint }[]): Set<bigint> => new Set(flows.map(({ cookie }) => cookie));

export function createOvsNode(options: OvsNodeOptions) {
  const { log, timeouts } = options;
  const { node } = options.spec;
  const bridge = createNodeBridge(options);
  const session = createNodeSession({ node, sessionMs: timeouts.sessionMs, log });
  const loopGuard = createLoopGuard(node, timeouts.probeMs);
  const inTurn = createSerialQueue();
  const standing = new Map<bigint, Standing>();
  /** Cookies that are worked on: what stands is not known meanwhile, but will be. */
  const inWork = new Set<bigint>();
  /** How often something was done for a cookie: what a switch said before is old then. */
  const worked = new Map<bigint, number>();
  /** Another one whenever others may have been at work here. */
  let seen = createSeenCookies();
  let left = false;
  /** Refreshes that wait for their turn: another one would find nothing left to do. */
  const refreshing = new Set<bigint>();
  const findOtherwise = createFlowWatch();
  const meterDrops = createMeterDrops();
  /** The same of single entries. */
  const patching = new Map<bigint, Map<string, EntryName>>();

  async function applyResolved(present: SwitchSession, settlement: Settlement, resolved: ResolvedPlan) {
    const { cookie, connectionId } = settlement;
    const applied = await applyFlows(present, node, { cookie, flows: flowsOf(resolved), meters: resolved.meters });
    const { added, removed } = applied;
    if (added + removed > 0) log.info({ node, connectionId, added, removed }, 'flows');
    else log.debug({ node, connectionId }, 'flows are as they should be');
    return applied;
  }

  async function settleInTurn(settlement: Settlement, waitForVmPorts: boolean): Promise<void> {
    const { plan, cookie } = settlement;
    standing.delete(cookie);
    await bridge.ensure();
    if (plan !== undefined) {
      await bridge.ensurePorts(plan, settlement);
      if (waitForVmPorts) await bridge.awaitVmPorts(plan);
      // VM ports that came while we waited bear no mark yet.
      await bridge.markVmPorts(plan, settlement);
    }
    const present = await session.whenThere();
    const seenThen = seen;
    const by = await session.answererOf(present);
    const loop = plan && (await loopGuard.findLoop(present, plan, bridge.numbers()));
    // The switch may have flows of before, by which frames go round.
    const resolved = plan === undefined || loop !== undefined ? emptyPlan() : resolve(plan, bridge.numbers(), by);
    const applied = await applyResolved(present, settlement, resolved);
    if (loop !== undefined) throw loop;
    seenThen.noteAll(cookiesOf(applied.flows), plan === undefined ? [cookie] : []);
    if (plan === undefined) loopGuard.forget(cookie);
    else standing.set(cookie, { generation: present.generation, plan: resolved });
    await bridge.removeIdlePorts(usedPorts(applied.flows), plan, settlement.connectionId);
    if (resolved.missingPorts.length > 0) throw new MissingPorts(node, resolved.missingPorts, plan?.vmPorts ?? []);
  }

  /** From what we know to stand, without reading back; undefined if that is not known. */
  async function refreshInTurn(settlement: Settlement): Promise<boolean> {
    const known = standing.get(settlement.cookie);
    const present = session.now();
    const ports = bridge.numbersIfAny();
    if (present === undefined || known?.generation !== present.generation || ports === undefined) return false;
    if (settlement.plan === undefined) return false;
    const resolved = resolve(settlement.plan, ports, session.answerer());
    const { news, rates } = resolved.meters;
    const before = known.plan.meters;
    const meters = diffMeters([], {
      news: { ...news, ids: news.ids.filter((id) => !before.news.ids.includes(id)) },
      rates: rates.filter(({ meterId }) => !before.rates.some((meter) => meter.meterId === meterId)),
    });
    const difference = diffFlows(flowsOf(known.plan), flowsOf(resolved));
    standing.delete(settlement.cookie);
    await sendDifference(present, node, meters, difference);
    standing.set(settlement.cookie, { generation: present.generation, plan: resolved });
    return true;
  }

  /** The same for single entries, at a cost that does not grow with the others. */
  async function patchInTurn(entries: Iterable<EntryName>, { cookie, flowsOf: derive }: EntrySettlement) {
    const known = standing.get(cookie);
    const present = session.now();
    const ports = bridge.numbersIfAny();
    if (present === undefined || known?.generation !== present.generation || ports === undefined) return false;
    const { byEntry } = known.plan;
    const wanted = new Map(
      [...entries].map(
        (entry) => [toEntryKey(entry), resolveFlows(derive(entry), cookie, ports, session.answerer())] as const,
      ),
    );
    const before = [...wanted.keys()].flatMap((key) => byEntry.get(key) ?? []);
    const difference = diffFlows(before, [...wanted.values()].flat());
    standing.delete(cookie);
    await sendDifference(present, node, [], difference);
    for (const [key, flows] of wanted)
      if (flows.length === 0) byEntry.delete(key);
      else byEntry.set(key, flows);
    standing.set(cookie, known);
    return true;
  }

  const failing = async (work: () => Promise<void>): Promise<void> => {
    if (left) throw new DriverError('permanent', node, 'was left');
    try {
      await work();
    } catch (error) {
      throw toDriverError(node, error);
    }
  };

  const working = async (cookie: bigint, work: () => Promise<void>): Promise<void> => {
    inWork.add(cookie);
    seen.note([cookie]);
    worked.set(cookie, (worked.get(cookie) ?? 0) + 1);
    try {
      await failing(work);
    } finally {
      inWork.delete(cookie);
      if (!standing.has(cookie)) worked.delete(cookie);
    }
  };

  return {
    node,
    /** The switch is known to have nothing of this VI. */
    lacks: (cookie: bigint): boolean => seen.lacks(cookie) && !standing.has(cookie) && !inWork.has(cookie),
    /** Flows of these were seen here, whoever put them there: the next settling looks again. */
    noteSeen: (cookies: Iterable<bigint>): void => seen.note(cookies),
    portOwners: bridge.portOwners,
    stands: (cookie: bigint): boolean => standing.has(cookie),
    /** Whatever changes in its registry concerns this node. */
    isKept: (cookie: bigint): boolean => standing.has(cookie) || inWork.has(cookie),
    session: session.now,
    answerer: session.answerer,
    /** The bridge exists and the switch is told where we are. */
    join: (): Promise<void> => inTurn(() => failing(async () => void (await bridge.ensure()))),
    readNote: bridge.readNote,
    /** Not in turn, unless the bridge is to be made or claimed first: the note says what is about to be done. */
    writeNote(change: NodeNoteChange): Promise<void> {
      const write = () => failing(() => bridge.writeNote(change));
      if (bridge.isClaimed()) return write();
      return inTurn(() => failing(async () => void (await bridge.ensure()))).then(write);
    },
    /** Its database has been read; transient if that does not come about in time. */
    reach: async (): Promise<void> => void (await bridge.whenUp()),
    /** Derived when its turn comes, so that what is applied is the newest. */
    settle: (derive: () => Settlement, options: { waitForVmPorts: boolean }): Promise<void> =>
      inTurn(() => {
        const settlement = derive();
        return working(settlement.cookie, () => settleInTurn(settlement, options.waitForVmPorts));
      }),
    /** After a small change of plan or ports: only the difference to what we know to stand, at once. */
    refresh(cookie: bigint, derive: () => Settlement): Promise<void> {
      if (refreshing.has(cookie)) return Promise.resolve();
      refreshing.add(cookie);
      return inTurn(() =>
        working(cookie, async () => {
          refreshing.delete(cookie);
          if (!(await refreshInTurn(derive()))) await settleInTurn(derive(), false);
        }),
      );
    },
    /** After a change of single entries of the registry. Those that wait for their turn are done together. */
    patch(entries: readonly EntryName[], settlement: EntrySettlement): Promise<void> {
      const { cookie } = settlement;
      const waiting = patching.get(cookie);
      const all = waiting ?? new Map<string, EntryName>();
      for (const { vlan, mac } of entries) all.set(toEntryKey({ vlan, mac }), { vlan, mac });
      if (waiting !== undefined) return Promise.resolve();
      patching.set(cookie, all);
      return inTurn(() =>
        working(cookie, async () => {
          patching.delete(cookie);
          if (!(await patchInTurn(all.values(), settlement))) await settleInTurn(settlement.whole(), false);
        }),
      );
    },
    /** Everything of ours is gone from the node. */
    leave: (): Promise<void> =>
      inTurn(async () => {
        await failing(bridge.remove);
        left = true;
        standing.clear();
      }),
    attach(arrived: SwitchSession): void {
      seen = createSeenCookies();
      session.attach(arrived);
    },
    detach: session.detach,
    /** Another process works here from now on: what we know to stand may change without us. */
    standBy(): void {
      standing.clear();
      seen = createSeenCookies();
      meterDrops.forget();
      bridge.giveUp();
    },
    hearProbe: loopGuard.hear,
    /** Numbers of the ports that our bridge has now, by name. */
    ports: bridge.ports,
    portName: bridge.portName,
    /** Whether a port that a VI's plan waits for came, or one changed its number, since it was applied. */
    isOutdated(settlement: Settlement): boolean {
      const known = standing.get(settlement.cookie);
      const ports = bridge.numbersIfAny();
      if (known === undefined || settlement.plan === undefined || ports === undefined) return false;
      const resolved = resolve(settlement.plan, ports, session.answerer());
      return diffFlows(flowsOf(known.plan), flowsOf(resolved)).messages.length > 0;
    },
    /** Whether somebody took away the bridge, or ports of ours, that a VI was given. */
    isDamaged: ({ cookie, plan }: Settlement): boolean =>
      standing.has(cookie) && plan !== undefined && bridge.isDamaged(plan),
    /** Cookies whose flows are not as many as were given to the switch. */
    findDamagedFlows: (): Promise<bigint[]> =>
      inTurn(async () => {
        const present = session.now();
        const known = [...standing].filter(([, { generation }]) => generation === present?.generation);
        const wanted = new Map(known.map(([cookie, { plan }]) => [cookie, countFlows(plan)]));
        return present === undefined ? [] : findOtherwise(present, wanted).catch(() => []);
      }),
    /** Cookies whose flows are not those that were given to the switch; without those for which something was done meanwhile. */
    async findChangedFlows(): Promise<bigint[]> {
      const present = session.now();
      const isKnown = (cookie: bigint): boolean =>
        present !== undefined && standing.get(cookie)?.generation === present.generation && !inWork.has(cookie);
      const before = new Map([...standing.keys()].filter(isKnown).map((cookie) => [cookie, worked.get(cookie)]));
      const [first] = before.keys();
      if (present === undefined || first === undefined) return [];
      const found = await readFlows(present, first);
      const changed: bigint[] = [];
      for (const [cookie, count] of before) {
        const isUntouched = (): boolean => isKnown(cookie) && worked.get(cookie) === count;
        if (!isUntouched()) continue;
        const isSame = await isAsGiven(found.get(cookie) ?? [], flowsOf(standing.get(cookie)!.plan));
        if (!isSame && isUntouched()) changed.push(cookie);
      }
      return changed;
    },
    fingerprint: async (): Promise<{ switchVersion: string }> => ({ switchVersion: await bridge.switchVersion() }),
    packetIns: session.packetIns,
    /** Asks its meters; nothing is known of a switch that does not answer. */
    async lookForDrops(): Promise<void> {
      const present = session.now();
      if (present !== undefined) await meterDrops.look(present).catch(() => {});
    },
    packetInsDropped(): PacketInsDropped {
      const [meter, queue] = [meterDrops.count(), session.packetInsDropped()];
      return { ...(meter === 0 ? {} : { meter }), ...(queue === 0 ? {} : { queue }) };
    },
    problems: (isConnected: boolean): string[] => [
      ...bridge.problems(),
      ...(isConnected ? [] : ['the switch is not connected']),
    ],
    close: bridge.close,
  };
}

export type OvsNode = ReturnType<typeof createOvsNode>;

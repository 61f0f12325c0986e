/**
 * One node: its database, its switch's session, and what this driver has brought about there. Settles one VI at a time, and settles
 * again by itself when a port gets another number or the switch comes back. Which VIs there are is its owner's business.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NodeNote, NodeNoteChange } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import { externalIdKeys } from '../../../domain/vi/mark.js';
import type { Log } from '../../../lib/log.js';
import { createSerialQueue } from '../../../lib/serial-queue.js';
import type { SwitchSession } from '../../../openflow/switch-session.js';
import type { Operation } from '../../../wire/ovsdb/operations.js';
import { fromOptional } from '../../../wire/ovsdb/values.js';
import { toEntryKey } from '../plan/entry-flows.js';
import type { Answerer, NodePlan, PlanFlow } from '../plan/node-plan.js';
import type { EntryName } from '../segments.js';
import {
  type BridgeSpec,
  type BridgeState,
  deriveBridgeCreation,
  deriveBridgeRemoval,
  deriveBridgeRepair,
  derivePortAdditions,
  derivePortMarks,
  derivePortRemovals,
  inGeneration,
  isOurs,
  type PortState,
  readBridge,
  toExternalPort,
  toPatchPort,
  toTunnelPort,
} from './bridge-rows.js';
import { type Applied, applyFlows, sendDifference, toDriverError } from './flow-apply.js';
import { diffFlows, diffMeters, usedPorts } from './flow-diff.js';
import { createFlowWatch } from './flow-watch.js';
import { createLanProbe } from './lan-probe.js';
import { deriveNoteChange, readNote } from './node-note.js';
import { createOvsdbClient, type OvsdbClient } from './ovsdb-client.js';
import { emptyPlan, flowsOf, type PortNumbers, type ResolvedPlan, resolve, resolveFlows } from './resolve.js';
import { findAnswerer } from './switch-ability.js';

export interface NodeTimeouts {
  /** For the database to connect. */
  databaseMs: number;
  /** For the switch to connect, a new bridge included. */
  sessionMs: number;
  /** For the switch to take up a port. */
  portMs: number;
  /** For a probe frame to come back over a LAN that two external ports share. */
  probeMs: number;
  /** For the port of a VM that has been started to be on the bridge, before we put it there. */
  plugMs: number;
}

export interface OvsNodeOptions {
  spec: Omit<BridgeSpec, 'controllers' | 'generation'>;
  /** Asked before anything is changed. */
  lease: SiteLease;
  endpoint: string;
  timeouts: NodeTimeouts;
  log: Log;
  /** A port of our bridge came, went or changed its number; whether it was one that we did not plug in ourselves. */
  onPortsChanged: (isVmPort: boolean) => void;
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

const wantedPorts = (plan: NodePlan) => [
  ...plan.tunnels.map(toTunnelPort),
  ...plan.externalPorts.map(toExternalPort),
  ...plan.patches.map(toPatchPort),
];

export function createOvsNode({ spec: lasting, lease, endpoint, timeouts, log, onPortsChanged }: OvsNodeOptions) {
  const { node } = lasting;
  /** As it is now: processes come and go. */
  const specNow = (generation: bigint): BridgeSpec => ({
    ...lasting,
    controllers: lease.controllers(node),
    generation: String(generation),
  });
  let spec: BridgeSpec = specNow(0n);
  const inTurn = createSerialQueue();
  const standing = new Map<bigint, Standing>();
  /** Cookies that are worked on: what stands is not known meanwhile, but will be. */
  const inWork = new Set<bigint>();
  /** Cookies that were seen to have nothing here. */
  const cleared = new Set<bigint>();
  const sessionWaiters = new Set<(session: SwitchSession) => void>();
  /** The generation that our bridge bears: every change holds only as long as it does. */
  let claimed: string | undefined;
  let session: SwitchSession | undefined;
  let packetInsOfPastSessions = 0;
  let left = false;
  let numbersNow: PortNumbers = new Map();
  let namesNow: ReadonlyMap<number, string> = new Map();
  let lastPorts = { all: '', ofVms: '' };
  /** Refreshes that wait for their turn: another one would find nothing left to do. */
  const refreshing = new Set<bigint>();
  const findOtherwise = createFlowWatch();
  /** The same of single entries. */
  const patching = new Map<bigint, Map<string, EntryName>>();
  const lanProbe = createLanProbe(timeouts.probeMs);
  /** External ports that were found to be on LANs of their own, by VI. */
  const loopless = new Map<bigint, string>();
  /** As last tried. */
  let answerer: Answerer = 'switch';
  let trial: Promise<Answerer> | undefined;

  const db: OvsdbClient = createOvsdbClient({ node, endpoint, log, onChange: handleChange });

  const portNumbers = (state: BridgeState): PortNumbers =>
    new Map(state.ports.flatMap(({ name, number }) => (number === undefined ? [] : [[name, number] as const])));

  function bridgeNow(): BridgeState | undefined {
    try {
      return readBridge(db.replica, spec);
    } catch {
      return undefined;
    }
  }

  /** Ours to plug bear the instance's mark and no VI's; the others are a hypervisor's. */
  const isVmPort = ({ name, marks }: PortState): boolean =>
    name !== spec.bridge && (!isOurs(marks, spec.instance) || marks[externalIdKeys.connectionId] !== undefined);

  const describePorts = (ports: readonly PortState[]): string =>
    ports
      .map(({ name, number }) => `${name}=${number}`)
      .sort()
      .join();

  function handleChange(): void {
    if (!db.isUp()) return;
    const state = bridgeNow();
    numbersNow = state === undefined ? new Map() : portNumbers(state);
    namesNow = new Map([...numbersNow].map(([name, number]) => [number, name]));
    const ports = state?.ports ?? [];
    const found = { all: describePorts(ports), ofVms: describePorts(ports.filter(isVmPort)) };
    const before = lastPorts;
    lastPorts = found;
    if (found.all !== before.all) onPortsChanged(found.ofVms !== before.ofVms);
  }

  async function transact(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    await lease.ensure();
    await db.transact(operations);
  }

  const guarded = (operations: readonly Operation[]): readonly Operation[] =>
    operations.length === 0 || claimed === undefined ? operations : [inGeneration(spec.bridge, claimed), ...operations];

  /** Derived from the replica anew if somebody changed the database meanwhile. */
  async function transactDerived(derive: () => readonly Operation[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await transact(guarded(derive()));
        return;
      } catch (error) {
        const isConflict = error instanceof DriverError && error.errorClass === 'conflict';
        if (!isConflict || attempt === 3) throw error;
      }
    }
  }

  async function ensureBridge(): Promise<BridgeState> {
    await db.until(() => true, timeouts.databaseMs, 'its database');
    claimed = undefined;
    await transactDerived(() => {
      spec = specNow(lease.generation() ?? 0n);
      const state = readBridge(db.replica, spec);
      return state === undefined ? deriveBridgeCreation(db.replica, spec) : deriveBridgeRepair(db.replica, spec, state);
    });
    claimed = spec.generation;
    return db.until((replica) => readBridge(replica, spec), timeouts.databaseMs, `bridge '${spec.bridge}'`);
  }

  const stateNow = (): BridgeState => {
    const state = readBridge(db.replica, spec);
    if (state === undefined) throw new DriverError('transient', node, `bridge '${spec.bridge}' is gone`);
    return state;
  };

  async function ensurePorts({ plan, connectionId, version }: Settlement): Promise<void> {
    if (plan === undefined) return;
    await transactDerived(() => [
      ...derivePortAdditions(db.replica, spec, stateNow(), wantedPorts(plan)),
      ...derivePortMarks(spec, stateNow(), plan.vmPorts, { connectionId, version }),
    ]);
    const own = new Set(wantedPorts(plan).map((port) => port.name));
    const isTakenUp = (port: PortState): boolean => port.number !== undefined || port.error !== undefined;
    const ports = await db.until(
      (replica) => {
        const found = readBridge(replica, spec)?.ports.filter((port) => own.has(port.name));
        return found?.length === own.size && found.every(isTakenUp) ? found : undefined;
      },
      timeouts.portMs,
      'numbers of our ports',
    );
    const refused = ports.find((port) => port.error !== undefined);
    if (refused !== undefined)
      throw new DriverError('conflict', node, `the switch refuses port '${refused.name}': ${refused.error}`);
  }

  /** Those that a hypervisor adds, before its VM is started; what does not come in time is left out, and named by the caller. */
  async function awaitVmPorts({ vmPorts }: NodePlan): Promise<void> {
    const has = (isThere: (port: PortState) => boolean) => (): true | undefined => {
      const there = new Set(
        bridgeNow()
          ?.ports.filter(isThere)
          .map(({ name }) => name),
      );
      return vmPorts.every((name) => there.has(name)) ? true : undefined;
    };
    const isPlugged = has(() => true);
    await db.until(isPlugged, timeouts.plugMs, 'rows of VM ports').catch(() => plugAgain(vmPorts));
    const isTakenUp = has(({ number }) => number !== undefined);
    await db.until(isTakenUp, timeouts.portMs, 'ports of VMs').catch(() => undefined);
  }

  /** VMs that run while somebody took their ports off the bridge: their hypervisor does not notice. Without a device there is no VM. */
  async function plugAgain(vmPorts: readonly string[]): Promise<void> {
    const present = new Set(stateNow().ports.map(({ name }) => name));
    const lost = vmPorts.filter((name) => !present.has(name));
    await transactDerived(() => derivePortAdditions(db.replica, spec, stateNow(), lost.map(toExternalPort)));
    const plugged = (): PortState[] => stateNow().ports.filter(({ name }) => lost.includes(name));
    const isTried = ({ number, error }: PortState): boolean => number !== undefined || error !== undefined;
    await db.until(() => plugged().every(isTried) || undefined, timeouts.portMs, 'ports of VMs');
    await transactDerived(() =>
      derivePortRemovals(
        stateNow(),
        plugged().filter(({ error }) => error !== undefined),
      ),
    );
    log.info({ node, ports: lost, found: plugged().map(({ name }) => name) }, 'ports of VMs were not on the bridge');
  }

  function awaitSession(): Promise<SwitchSession> {
    if (session !== undefined) return Promise.resolve(session);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        sessionWaiters.delete(arrived);
        reject(new DriverError('transient', node, `its switch did not connect within ${timeouts.sessionMs} ms`));
      }, timeouts.sessionMs);
      const arrived = (come: SwitchSession): void => {
        clearTimeout(timer);
        resolve(come);
      };
      sessionWaiters.add(arrived);
    });
  }

  async function tryOut(arrived: SwitchSession): Promise<Answerer> {
    const found = await findAnswerer(arrived);
    if (arrived !== session) return found;
    if (found === 'controller') log.warn({ node }, 'the switch cannot answer questions by itself: the controller does');
    answerer = found;
    return found;
  }

  /** The trial of the session's beginning, or another one if that failed. */
  const answererOf = (present: SwitchSession): Promise<Answerer> =>
    (trial ?? Promise.reject()).catch(() => {
      trial = tryOut(present);
      return trial;
    });

  /** Tunnels and external ports that no flow takes frames from, and VM ports of ours whose device is gone with their VI. */
  async function removeIdlePorts(applied: Applied, { plan, connectionId }: Settlement): Promise<void> {
    const used = usedPorts(applied.flows);
    const kept = new Set(plan === undefined ? [] : [...wantedPorts(plan).map((port) => port.name), ...plan.vmPorts]);
    const isIdle = (port: PortState): boolean => {
      if (port.name === spec.bridge || kept.has(port.name) || !isOurs(port.marks, spec.instance)) return false;
      const ofVi = port.marks[externalIdKeys.connectionId];
      if (ofVi !== undefined) return ofVi === connectionId && port.number === undefined;
      return port.number === undefined || !used.has(port.number);
    };
    await transactDerived(() => derivePortRemovals(stateNow(), stateNow().ports.filter(isIdle)));
  }

  function remember(settlement: Settlement, generation: number, plan: ResolvedPlan): void {
    if (settlement.plan === undefined) {
      standing.delete(settlement.cookie);
      cleared.add(settlement.cookie);
    } else {
      standing.set(settlement.cookie, { generation, plan });
      cleared.delete(settlement.cookie);
    }
  }

  /** Once for the same ports in one session of the switch: whoever joins two LANs later has a loop of his own making. */
  async function refuseLoop(present: SwitchSession, { cookie, externalPorts, flows }: NodePlan): Promise<void> {
    const numbers = portNumbers(stateNow());
    const ports = externalPorts.flatMap((name) => {
      const number = numbers.get(name);
      const ofPort = flows.filter(({ table, match }) => table === 'classify' && match.inPort === name);
      return number === undefined ? [] : [{ name, number, vlans: ofPort.flatMap(({ match }) => match.vlan ?? []) }];
    });
    const probed = `${present.generation} ${ports.map(({ name, number, vlans }) => `${name} ${number} ${vlans}`)}`;
    if (ports.length < 2 || loopless.get(cookie) === probed) return;
    const shared = await lanProbe.find(present, cookie, ports);
    if (shared !== undefined) {
      const { from, to, vlan } = shared;
      const what = `external ports '${from}' and '${to}' are on one LAN (VLAN ${vlan}): the segment would be a loop`;
      throw new DriverError('conflict', node, what);
    }
    loopless.set(cookie, probed);
  }

  async function settleInTurn(settlement: Settlement, waitForVmPorts: boolean): Promise<void> {
    const { plan, cookie } = settlement;
    cleared.delete(cookie);
    standing.delete(cookie);
    await ensureBridge();
    await ensurePorts(settlement);
    if (plan !== undefined && waitForVmPorts) await awaitVmPorts(plan);
    // VM ports that came while we waited bear no mark yet.
    if (plan !== undefined) await transactDerived(() => derivePortMarks(spec, stateNow(), plan.vmPorts, settlement));
    const present = await awaitSession();
    const by = await answererOf(present);
    if (plan !== undefined) await refuseLoop(present, plan);
    const resolved = plan === undefined ? emptyPlan() : resolve(plan, portNumbers(stateNow()), by);
    const applied = await applyFlows(present, node, {
      cookie,
      flows: flowsOf(resolved),
      meterIds: resolved.meterIds,
      rateMeters: resolved.rateMeters,
    });
    if (applied.added + applied.removed > 0)
      log.info(
        { node, connectionId: settlement.connectionId, added: applied.added, removed: applied.removed },
        'flows',
      );
    remember(settlement, present.generation, resolved);
    await removeIdlePorts(applied, settlement);
    if (resolved.missingPorts.length > 0)
      throw new DriverError('transient', node, `has no port ${resolved.missingPorts.join(', ')} yet`);
  }

  /** From what we know to stand, without reading back; undefined if that is not known. */
  async function refreshInTurn(settlement: Settlement): Promise<boolean> {
    const known = standing.get(settlement.cookie);
    const state = bridgeNow();
    if (session === undefined || known?.generation !== session.generation || state === undefined) return false;
    if (settlement.plan === undefined) return false;
    const resolved = resolve(settlement.plan, portNumbers(state), answerer);
    const meters = diffMeters(
      [],
      resolved.meterIds.filter((id) => !known.plan.meterIds.includes(id)),
      resolved.rateMeters.filter(({ meterId }) => !known.plan.rateMeters.some((meter) => meter.meterId === meterId)),
    );
    const difference = diffFlows(flowsOf(known.plan) as never, flowsOf(resolved));
    standing.delete(settlement.cookie);
    await sendDifference(session, node, meters, difference);
    standing.set(settlement.cookie, { generation: session.generation, plan: resolved });
    return true;
  }

  /** The same for single entries, at a cost that does not grow with the others. */
  async function patchInTurn(entries: Iterable<EntryName>, { cookie, flowsOf: derive }: EntrySettlement) {
    const known = standing.get(cookie);
    const state = bridgeNow();
    if (session === undefined || known?.generation !== session.generation || state === undefined) return false;
    const ports = portNumbers(state);
    const { byEntry } = known.plan;
    const wanted = new Map(
      [...entries].map((entry) => [toEntryKey(entry), resolveFlows(derive(entry), cookie, ports, answerer)] as const),
    );
    const before = [...wanted.keys()].flatMap((key) => byEntry.get(key) ?? []);
    const difference = diffFlows(before as never, [...wanted.values()].flat());
    standing.delete(cookie);
    await sendDifference(session, node, [], difference);
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
    try {
      await failing(work);
    } finally {
      inWork.delete(cookie);
    }
  };

  return {
    node,
    cleared: (cookie: bigint): boolean => cleared.has(cookie),
    stands: (cookie: bigint): boolean => standing.has(cookie),
    /** Whatever changes in its registry concerns this node. */
    isKept: (cookie: bigint): boolean => standing.has(cookie) || inWork.has(cookie),
    session: (): SwitchSession | undefined => session,
    answerer: (): Answerer => answerer,
    /** The bridge exists and the switch is told where we are. */
    join: (): Promise<void> => inTurn(() => failing(async () => void (await ensureBridge()))),
    /** From the replica: no question is sent, and a node that is away is not waited for. */
    readNote(): NodeNote {
      if (!db.isUp()) throw new DriverError('transient', node, 'its database does not answer');
      return readNote(readBridge(db.replica, spec));
    },
    /** Not in turn, unless there is no bridge yet: the note says what is about to be done. */
    writeNote(change: NodeNoteChange): Promise<void> {
      const write = () => failing(() => transactDerived(() => deriveNoteChange(stateNow(), change)));
      if (db.isUp() && bridgeNow() !== undefined) return write();
      return inTurn(() => failing(async () => void (await ensureBridge()))).then(write);
    },
    /** Its database has been read; transient if that does not come about in time. */
    reach: async (): Promise<void> => void (await db.until(() => true, timeouts.databaseMs, 'its database')),
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
        await failing(async () => {
          await db.until(() => true, timeouts.databaseMs, 'its database');
          await transactDerived(() => {
            const state = readBridge(db.replica, spec);
            return state === undefined ? [] : deriveBridgeRemoval(state);
          });
        });
        left = true;
        standing.clear();
      }),
    attach(arrived: SwitchSession): void {
      packetInsOfPastSessions += session?.counters.packetIns ?? 0;
      session = arrived;
      trial = tryOut(arrived);
      trial.catch(() => {});
      for (const waiter of [...sessionWaiters]) waiter(arrived);
      sessionWaiters.clear();
    },
    /** Another process works here from now on: what we know to stand may change without us. */
    standBy(): void {
      standing.clear();
      cleared.clear();
      claimed = undefined;
    },
    /** A late end of an older session changes nothing. */
    detach(gone: SwitchSession): boolean {
      if (session !== gone) return false;
      packetInsOfPastSessions += gone.counters.packetIns;
      session = undefined;
      return true;
    },
    hearProbe: lanProbe.hear,
    /** Numbers of the ports that our bridge has now, by name. */
    ports: (): PortNumbers => numbersNow,
    portName: (number: number): string | undefined => namesNow.get(number),
    /** Whether a port that a VI's plan waits for came, or one changed its number, since it was applied. */
    isOutdated(settlement: Settlement): boolean {
      const known = standing.get(settlement.cookie);
      const state = bridgeNow();
      if (known === undefined || settlement.plan === undefined || state === undefined) return false;
      const resolved = resolve(settlement.plan, portNumbers(state), answerer);
      return diffFlows(flowsOf(known.plan) as never, flowsOf(resolved)).messages.length > 0;
    },
    /** Whether somebody took away the bridge, or ports of ours, that a VI was given. */
    isDamaged({ cookie, plan }: Settlement): boolean {
      if (!standing.has(cookie) || plan === undefined || !db.isUp()) return false;
      const present = new Set(bridgeNow()?.ports.map(({ name }) => name));
      return !present.has(spec.bridge) || wantedPorts(plan).some(({ name }) => !present.has(name));
    },
    /** Cookies whose flows are not as many as were given to the switch. */
    findDamagedFlows: (): Promise<bigint[]> =>
      inTurn(async () => {
        const known = [...standing].filter(([, { generation }]) => generation === session?.generation);
        const wanted = new Map(known.map(([cookie, { plan }]) => [cookie, flowsOf(plan).length]));
        return session === undefined ? [] : findOtherwise(session, wanted).catch(() => []);
      }),
    async fingerprint(): Promise<{ switchVersion: string }> {
      await db.until(() => true, timeouts.databaseMs, 'its database');
      const [root] = db.replica.rows('Open_vSwitch').values();
      return { switchVersion: `Open vSwitch ${fromOptional(root?.ovs_version) ?? 'of unknown version'}` };
    },
    packetIns: (): number => packetInsOfPastSessions + (session?.counters.packetIns ?? 0),
    problems(isConnected: boolean): string[] {
      const found: string[] = [];
      if (!db.isUp()) found.push('the database does not answer');
      if (!isConnected) found.push('the switch is not connected');
      try {
        const state = db.isUp() ? readBridge(db.replica, spec) : undefined;
        for (const port of state?.ports ?? [])
          if (port.error !== undefined) found.push(`port '${port.name}': ${port.error}`);
      } catch (error) {
        found.push((error as Error).message);
      }
      return found;
    },
    close(): void {
      db.close();
    },
  };
}

export type OvsNode = ReturnType<typeof createOvsNode>;

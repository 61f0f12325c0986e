/**
 * The part of Iris that acts on its own: due work, the reconciler, the periodic look, what switches tell. Starting it is recovery: the
 * database says what should stand, and nothing else is remembered.
 */
import { randomUUID } from 'node:crypto';
import { DriverError } from '../domain/errors/driver-error.js';
import { deriveStpCapacities } from '../domain/p2p/site-stps.js';
import type { HealthView } from '../domain/ports/provider.js';
import { type DueWorkKind, dueWorkKinds, type RestoredDatabase } from '../domain/ports/store.js';
import { deriveAim } from '../domain/reservation/aim.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import { deriveNodeCapacities } from '../domain/site/node-capacity.js';
import { nodesOf } from '../domain/vi/placed-vi.js';
import { endsWithin } from '../lib/ends-within.js';
import { createSerialQueue } from '../lib/serial-queue.js';
import { createBackground } from './background.js';
import { fenceCompute, fenceNetwork } from './fenced-drivers.js';
import { type Quarantined, searchOrphans } from './orphan-search.js';
import { createDelivery, type Delivery } from './outbox/delivery.js';
import { createPruning } from './pruning.js';
import { createReconciler } from './reconciler.js';
import { createRegistryKeeper, type RegistryKeeper } from './registry-keeper.js';
import { createRestoreFence } from './restore-fence.js';
import { askForRounds, listToReconcile } from './rounds.js';
import type { SiteContext } from './site-context.js';
import type { LeaseEvents } from './site-lease.js';
import { createStrayNotes } from './strays.js';
import { createTimer } from './timers.js';
import { createVmWatch } from './vm-watch.js';
import { createWorkLoop, type WorkLoop } from './work-loop.js';

export interface Engine {
  /** Resolves when what the database knows has been looked at and due work is being done. */
  start(): Promise<void>;
  /** Finishes what runs and does not take long (`stopSeconds`), and leaves the rest for the next start. */
  stop(): Promise<void>;
  health(): Promise<HealthView>;
}

const restoredAdvice =
  'what the database knows from before is neither built nor torn down: look at `iris orphans list`, adopt what shall stay, then `iris orphans accept-database`';

const tryAgainMs = 1_000;
/** Events of one reconnect come in showers; one round answers them all. */
const gatherMs = 100;

const standsOn = ({ committed, replaced = [] }: Reservation, nodes: ReadonlySet<string>): boolean =>
  [...(committed === undefined ? [] : [committed]), ...replaced].some(
    ({ placed }) =>
      placed.vms.some((vm) => nodes.has(vm.node)) ||
      placed.externalPorts.some((port) => nodes.has(port.node)) ||
      (placed.gateway !== undefined && nodes.has(placed.gateway)),
  );

/** What stands as it should is answered for at once; the rest of what was ever built finds its registry when its round comes. */
async function adoptStanding(
  { store, network, clock }: SiteContext,
  mayAdopt: (r: Reservation) => boolean,
): Promise<void> {
  const now = clock.now();
  const built = (await store.listLive()).filter(({ states }) => wasEverBuilt(states));
  const entriesOf = await store.loadRegistries(built.map(({ connectionId }) => connectionId));
  const known = built.map((reservation) => ({ reservation, entries: entriesOf.get(reservation.connectionId) ?? [] }));
  const stands = ({ states, committed, replaced }: Reservation): boolean =>
    states.dataPlane.active && replaced === undefined && states.dataPlane.version === committed?.version;
  const standing = known.flatMap(({ reservation, entries }) => {
    const aim = deriveAim(reservation, now);
    return aim.kind === 'up' && stands(reservation) && mayAdopt(reservation)
      ? [{ vi: aim.version.placed, entries }]
      : [];
  });
  await network.adopt(standing);
  const adopted = new Set(standing.map(({ vi }) => vi.connectionId));
  for (const { reservation, entries } of known)
    if (entries.length > 0 && !adopted.has(reservation.connectionId))
      await network.restore(reservation.connectionId, entries);
}

export interface EngineOptions {
  /** After how long another process takes over what this one has claimed and no longer answers for. */
  leaseMs?: number;
  /** Unique among all processes on this database. */
  worker?: string;
}

/** What any process may do; the rest is for the one that changes nodes. */
const timersOnly: readonly DueWorkKind[] = ['holdTimeout', 'endTime'];

function behindLease(context: SiteContext): SiteContext {
  const { compute, network, lease } = context;
  if (lease === undefined) return context;
  return { ...context, compute: fenceCompute(compute, lease), network: fenceNetwork(network, lease) };
}

export function createEngine(given: SiteContext, options: EngineOptions = {}): Engine {
  const context = behindLease(given);
  const { site, store, network, compute, lease, log } = context;
  const background = createBackground(log);
  const resyncMs = site.reservations.resyncSeconds * 1000;
  const stopMs = site.reservations.stopSeconds * 1000;
  const worker = options.worker ?? randomUUID();
  /** Compute nodes on which calls may have been cut off: at the start all of them. */
  const away = new Set<string>();
  const changedNodes = new Set<string>();
  const watch = createVmWatch(compute);
  let registry: RegistryKeeper | undefined;
  let work: WorkLoop | undefined;
  let delivery: Delivery | undefined;
  let resync: NodeJS.Timeout | undefined;
  let watching: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let quarantined: Quarantined[] | undefined;
  let heldBack: string[] = [];
  let stopping = false;
  /** What follows from the lease coming and going: one after the other, and each looks where it is by then. */
  const inTurn = createSerialQueue();
  const hasLease = (): boolean => lease === undefined || lease.generation() !== undefined;
  /** The lease is ours, and what stands is known. */
  let tookOver = false;
  const leads = (): boolean => tookOver && hasLease();
  let restored: RestoredDatabase | undefined;
  const fence = createRestoreFence(context);
  const strays = createStrayNotes();
  const prune = createPruning(context, () => !stopping);

  async function askForAll(): Promise<void> {
    const reservations = await listToReconcile(context);
    await askForRounds(
      context,
      reservations.map(({ connectionId }) => connectionId),
    );
  }

  async function askForChanged(): Promise<void> {
    while (changedNodes.size > 0) {
      const nodes = new Set(changedNodes);
      changedNodes.clear();
      const concerned = (await listToReconcile(context)).filter((reservation) => standsOn(reservation, nodes));
      await askForRounds(
        context,
        concerned.map(({ connectionId }) => connectionId),
      );
    }
  }

  async function lookForOrphans(): Promise<void> {
    restored = await fence.look();
    const report = await searchOrphans(context);
    if (!leads()) return;
    quarantined = report.quarantined;
    heldBack = report.tooMany ? report.leftovers : [];
    strays.replace(report.tooMany || restored !== undefined ? [] : report.strays);
    if (restored !== undefined) {
      log.warn({ ...restored, quarantined }, 'the database was restored and is not accepted: see `iris orphans`');
      return;
    }
    if (report.quarantined.length > 0) log.warn({ quarantined }, 'marked as ours, unknown to the database: left alone');
    if (report.tooMany)
      log.error(
        { leftovers: report.leftovers },
        'too many VIs stand that are over, or where none is placed: none is removed',
      );
    else await askForRounds(context, report.leftovers);
  }

  const noteChanged = (node: string): void => {
    if (!leads()) return;
    changedNodes.add(node);
    gathering ??= setTimeout(() => {
      gathering = undefined;
      background.run('rounds for changed nodes', askForChanged);
    }, gatherMs);
  };

  /** Each on its own, so that a node that is still away keeps nobody waiting. */
  async function recoverNode(node: string): Promise<void> {
    try {
      await compute.recover(node);
    } catch (error) {
      log.debug({ node, err: error }, 'node is still away');
      return;
    }
    away.delete(node);
    noteChanged(node);
  }

  /** Whether its VMs run; and whether a node that was away is back, which is looked at at once. */
  async function watchNode(node: string): Promise<void> {
    // What recovery cleans away it takes for left over: not by a database that knows less than the nodes.
    if (restored !== undefined) return;
    if (away.has(node)) return recoverNode(node);
    try {
      await askForRounds(context, await watch.look(node));
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      log.info({ node, err: error }, 'node does not answer');
      away.add(node);
    }
  }

  const watchNodes = (): void => {
    if (!leads()) return;
    for (const { name, compute: runsVms } of site.nodes)
      if (runsVms !== undefined) background.run(`watch of ${name}`, () => watchNode(name));
  };

  const lookAround = (): void => {
    if (!leads()) return;
    background.run('the periodic round', askForAll);
    background.run('the search for orphans', lookForOrphans);
    background.run('pruning', prune);
  };

  /** Nothing that stands is touched: it is known first, so that its packets are answered as soon as the switches send them. */
  async function takeOver(): Promise<void> {
    if (stopping || !hasLease()) return;
    const suspected = await fence.look();
    restored = suspected;
    // What is known of the others may be older than what stands, and would be put in its place.
    const isCurrent = ({ createdAt, committed }: Reservation): boolean =>
      (suspected === undefined || createdAt >= suspected.since) &&
      committed !== undefined &&
      fence.agrees(nodesOf([committed.placed]));
    await adoptStanding(context, isCurrent);
    await lease?.freeClaims();
    tookOver = true;
    for (const node of site.nodes) if (node.compute !== undefined) away.add(node.name);
    const joined = network.lead();
    work?.wake();
    await joined;
    lookAround();
    watchNodes();
  }

  async function standBy(): Promise<void> {
    if (hasLease()) return;
    away.clear();
    quarantined = undefined;
    heldBack = [];
    strays.replace([]);
    await network.standBy();
  }

  /** Tried until it succeeds or is not called for any more: without it this process would have the lease and do nothing. */
  const agree = (what: string, job: () => Promise<unknown>): void =>
    void inTurn(job).catch((error) => {
      log.error({ err: error }, `${what} failed, and is tried again`);
      if (!stopping) setTimeout(() => agree(what, job), tryAgainMs).unref();
    });

  const leaseEvents: LeaseEvents = {
    taken: () => agree('taking over', takeOver),
    lost() {
      // At once: the lease may be ours again before its turn comes, and what is known is older than that.
      tookOver = false;
      agree('standing by', standBy);
    },
    processesChanged: () => agree('telling switches of all processes', async () => leads() && network.lead()),
  };

  return {
    async start() {
      await store.syncNodes(deriveNodeCapacities(site));
      await store.syncStps(deriveStpCapacities(site));
      const instance = await store.instance();
      const keeper = createRegistryKeeper({ store, log, mayWrite: lease?.ensure });
      registry = keeper;
      await network.start({ nodeChanged: noteChanged, registryChanged: keeper.note });
      const reconcile = createReconciler(context, {
        instance,
        registry: keeper,
        watch,
        fence,
        strays,
        noteAway: (node) => {
          if (site.nodes.some(({ name, compute: runsVms }) => name === node && runsVms !== undefined)) away.add(node);
        },
      });
      work = createWorkLoop({
        store,
        clock: context.clock,
        log,
        ...options,
        worker,
        kinds: () => (leads() ? dueWorkKinds : timersOnly),
        handlers: {
          holdTimeout: createTimer(context, 'holdTimeout'),
          endTime: createTimer(context, 'endTime'),
          reconcile: async (connectionId) =>
            (await fence.holdsBack(connectionId))
              ? { outcome: 'again', at: new Date(context.clock.now().getTime() + resyncMs) }
              : reconcile(connectionId),
        },
      });
      await (lease?.start(leaseEvents) ?? takeOver());
      await inTurn(async () => {});
      work.start();
      // Whoever holds the site's lease: sending needs no switch.
      delivery = context.callbackWriter && createDelivery(context, context.callbackWriter, { worker });
      delivery?.start();
      resync = setInterval(lookAround, resyncMs);
      watching = setInterval(watchNodes, site.reservations.watchSeconds * 1000);
    },

    async stop() {
      stopping = true;
      clearInterval(resync);
      clearInterval(watching);
      clearTimeout(gathering);
      const underWay = Promise.all([background.stop(), work?.stop(), delivery?.stop()]);
      // From here on it is as after a kill: what it has claimed is free when another takes over, and each of its next steps is refused.
      if (!(await endsWithin(stopMs, underWay)))
        log.warn({ stopMs }, 'something takes long: it is left to the next start');
      await registry?.stop();
      await inTurn(async () => {});
      await network.stop();
      await lease?.stop();
    },

    async health() {
      const database = await store.ping();
      const unaccepted = database.ok ? await store.restoredDatabase() : restored;
      const switches = await network.status();
      return {
        ok:
          database.ok &&
          heldBack.length === 0 &&
          unaccepted === undefined &&
          switches.every((known) => known.connected && known.problems.length === 0),
        database,
        ...(lease === undefined ? {} : { processes: lease.health() }),
        switches:
          lease === undefined ? switches : switches.map((known) => ({ ...known, master: lease.masterOf(known.node) })),
        ...(quarantined === undefined ? {} : { quarantined }),
        ...(heldBack.length === 0 ? {} : { heldBack }),
        ...(unaccepted === undefined
          ? {}
          : { restored: { since: unaccepted.since, reason: unaccepted.reason, advice: restoredAdvice } }),
      };
    },
  };
}

/**
 * The part of Iris that acts on its own: due work, the reconciler, the periodic look, what switches tell. Starting it is recovery: the
 * database says what should stand, and nothing else is remembered.
 */
import { randomUUID } from 'node:crypto';
import { DriverError } from '../domain/errors/driver-error.js';
import { deriveStpCapacities } from '../domain/p2p/site-stps.js';
import type { HealthView } from '../domain/ports/provider.js';
import { deriveAim } from '../domain/reservation/aim.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import { deriveNodeCapacities } from '../domain/site/node-capacity.js';
import { createBackground } from './background.js';
import { type Quarantined, searchOrphans } from './orphan-search.js';
import { createPruning } from './pruning.js';
import { createReconciler } from './reconciler.js';
import { createRegistryKeeper, type RegistryKeeper } from './registry-keeper.js';
import type { SiteContext } from './site-context.js';
import { createTimer } from './timers.js';
import { createVmWatch } from './vm-watch.js';
import { createWorkLoop, type WorkLoop } from './work-loop.js';

export interface Engine {
  /** Resolves when what the database knows has been looked at and due work is being done. */
  start(): Promise<void>;
  /** Finishes what runs and leaves the rest for the next start. */
  stop(): Promise<void>;
  health(): Promise<HealthView>;
}

/** Events of one reconnect come in showers; one round answers them all. */
const gatherMs = 100;

const standsOn = ({ committed, replaced = [] }: Reservation, nodes: ReadonlySet<string>): boolean =>
  [...(committed === undefined ? [] : [committed]), ...replaced].some(
    ({ placed }) =>
      placed.vms.some((vm) => nodes.has(vm.node)) ||
      placed.externalPorts.some((port) => nodes.has(port.node)) ||
      (placed.gateway !== undefined && nodes.has(placed.gateway)),
  );

async function askForRounds({ store }: SiteContext, connectionIds: readonly string[]): Promise<void> {
  if (connectionIds.length === 0) return;
  await store.transaction(async (transaction) => {
    const runAt = await transaction.now();
    await transaction.scheduleWork(connectionIds.map((connectionId) => ({ kind: 'reconcile', connectionId, runAt })));
  });
}

/** Those that a round could do anything for. */
async function listToReconcile({ store, clock }: SiteContext): Promise<Reservation[]> {
  const live = await store.listLive();
  const now = clock.now();
  return live.filter((reservation) => ['up', 'down'].includes(deriveAim(reservation, now).kind));
}

async function restoreRegistries({ store, network }: SiteContext): Promise<void> {
  const live = await store.listLive();
  await Promise.all(
    live
      .filter(({ states }) => wasEverBuilt(states))
      .map(async ({ connectionId }) => {
        const entries = await store.loadRegistry(connectionId);
        if (entries.length > 0) network.restore(connectionId, entries);
      }),
  );
}

export interface EngineOptions {
  /** After how long another process takes over what this one has claimed and no longer answers for. */
  leaseMs?: number;
}

export function createEngine(context: SiteContext, options: EngineOptions = {}): Engine {
  const { site, store, network, compute, log } = context;
  const background = createBackground(log);
  /** Compute nodes on which calls may have been cut off: at the start all of them. */
  const away = new Set(site.nodes.filter((node) => node.compute !== undefined).map((node) => node.name));
  const changedNodes = new Set<string>();
  const watch = createVmWatch(compute);
  let registry: RegistryKeeper | undefined;
  let work: WorkLoop | undefined;
  let resync: NodeJS.Timeout | undefined;
  let watching: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let quarantined: Quarantined[] | undefined;
  let heldBack: string[] = [];
  let stopping = false;
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
    const report = await searchOrphans(context);
    quarantined = report.quarantined;
    heldBack = report.tooMany ? report.leftovers : [];
    if (report.quarantined.length > 0) log.warn({ quarantined }, 'marked as ours, unknown to the database: left alone');
    if (report.tooMany)
      log.error({ leftovers: report.leftovers }, 'too many VIs are over and still stand: none is removed');
    else await askForRounds(context, report.leftovers);
  }

  const noteChanged = (node: string): void => {
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
    for (const { name, compute: runsVms } of site.nodes)
      if (runsVms !== undefined) background.run(`watch of ${name}`, () => watchNode(name));
  };

  const lookAround = (): void => {
    background.run('the periodic round', askForAll);
    background.run('the search for orphans', lookForOrphans);
    background.run('pruning', prune);
  };

  return {
    async start() {
      await store.syncNodes(deriveNodeCapacities(site));
      await store.syncStps(deriveStpCapacities(site));
      const instance = await store.instance();
      const keeper = createRegistryKeeper(store, log);
      registry = keeper;
      await restoreRegistries(context);
      await network.start({ nodeChanged: noteChanged, registryChanged: keeper.note });
      work = createWorkLoop({
        store,
        worker: randomUUID(),
        clock: context.clock,
        log,
        ...options,
        handlers: {
          holdTimeout: createTimer(context, 'holdTimeout'),
          endTime: createTimer(context, 'endTime'),
          reconcile: createReconciler(context, {
            instance,
            registry: keeper,
            watch,
            noteAway: (node) => {
              if (site.nodes.some(({ name, compute: runsVms }) => name === node && runsVms !== undefined))
                away.add(node);
            },
          }),
        },
      });
      work.start();
      lookAround();
      watchNodes();
      resync = setInterval(lookAround, site.reservations.resyncSeconds * 1000);
      watching = setInterval(watchNodes, site.reservations.watchSeconds * 1000);
    },

    async stop() {
      stopping = true;
      clearInterval(resync);
      clearInterval(watching);
      clearTimeout(gathering);
      await background.stop();
      await work?.stop();
      await registry?.stop();
      await network.stop();
    },

    async health() {
      const database = await store.ping();
      const switches = network.status();
      return {
        ok:
          database.ok &&
          heldBack.length === 0 &&
          switches.every((known) => known.connected && known.problems.length === 0),
        database,
        switches,
        ...(quarantined === undefined ? {} : { quarantined }),
        ...(heldBack.length === 0 ? {} : { heldBack }),
      };
    },
  };
}

/**
 * The part of Iris that acts on its own: due work, the reconciler, the periodic look, what switches tell. Starting it is recovery: the
 * database says what should stand, and nothing else is remembered.
 */
import { randomUUID } from 'node:crypto';
import type { HealthView } from '../domain/ports/provider.js';
import { deriveAim } from '../domain/reservation/aim.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import { deriveNodeCapacities } from '../domain/vi/place-vi.js';
import { type Quarantined, searchOrphans } from './orphan-search.js';
import { createReconciler } from './reconciler.js';
import { createRegistryKeeper, type RegistryKeeper } from './registry-keeper.js';
import type { SiteContext } from './site-context.js';
import { createTimer } from './timers.js';
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

const standsOn = (reservation: Reservation, nodes: ReadonlySet<string>): boolean => {
  const placed = reservation.committed?.placed;
  return (
    placed !== undefined &&
    (placed.vms.some((vm) => nodes.has(vm.node)) ||
      placed.externalPorts.some((port) => nodes.has(port.node)) ||
      (placed.gateway !== undefined && nodes.has(placed.gateway)))
  );
};

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

async function recoverNodes({ site, compute, log }: SiteContext): Promise<void> {
  await Promise.all(
    site.nodes
      .filter((node) => node.compute !== undefined)
      .map(({ name }) =>
        compute.recover(name).catch((error) => log.warn({ node: name, err: error }, 'node not recovered')),
      ),
  );
}

export interface EngineOptions {
  /** After how long another process takes over what this one has claimed and no longer answers for. */
  leaseMs?: number;
}

export function createEngine(context: SiteContext, options: EngineOptions = {}): Engine {
  const { site, store, network, log } = context;
  const changedNodes = new Set<string>();
  let registry: RegistryKeeper | undefined;
  let work: WorkLoop | undefined;
  let resync: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let quarantined: Quarantined[] | undefined;
  /** What runs beside the work loop; `stop` waits for it. */
  let background: Promise<void> = Promise.resolve();

  /** One after the other; a failure is told and the next periodic look tries again. */
  function inBackground(what: string, job: () => Promise<void>): void {
    background = background.then(job).catch((error) => log.error({ err: error }, `${what} failed`));
  }

  async function reconcileAll(): Promise<void> {
    const reservations = await listToReconcile(context);
    await askForRounds(
      context,
      reservations.map((reservation) => reservation.connectionId),
    );
  }

  async function reconcileChanged(): Promise<void> {
    const nodes = new Set(changedNodes);
    changedNodes.clear();
    const reservations = await listToReconcile(context);
    await askForRounds(
      context,
      reservations.filter((reservation) => standsOn(reservation, nodes)).map(({ connectionId }) => connectionId),
    );
  }

  async function lookForOrphans(): Promise<void> {
    const report = await searchOrphans(context);
    quarantined = report.quarantined;
    if (report.quarantined.length > 0) log.warn({ quarantined }, 'marked as ours, unknown to the database: left alone');
    if (report.tooMany)
      log.error({ leftovers: report.leftovers }, 'too many VIs are over and still stand: none is removed');
    else await askForRounds(context, report.leftovers);
  }

  const lookAround = (): void => {
    inBackground('the periodic look', async () => {
      await reconcileAll();
      await lookForOrphans();
    });
  };

  const noteNode = (node: string): void => {
    changedNodes.add(node);
    gathering ??= setTimeout(() => {
      gathering = undefined;
      inBackground('the look at changed nodes', reconcileChanged);
    }, gatherMs);
  };

  return {
    async start() {
      await store.syncNodes(deriveNodeCapacities(site));
      const instance = await store.instance();
      const keeper = createRegistryKeeper(store, log);
      registry = keeper;
      await restoreRegistries(context);
      await recoverNodes(context);
      await network.start({ nodeChanged: noteNode, registryChanged: keeper.note });
      work = createWorkLoop({
        store,
        worker: randomUUID(),
        clock: context.clock,
        log,
        ...options,
        handlers: {
          holdTimeout: createTimer(store, 'holdTimeout'),
          endTime: createTimer(store, 'endTime'),
          reconcile: createReconciler(context, instance, keeper),
        },
      });
      work.start();
      lookAround();
      resync = setInterval(lookAround, site.reservations.resyncSeconds * 1000);
    },

    async stop() {
      clearInterval(resync);
      clearTimeout(gathering);
      await background;
      await work?.stop();
      await registry?.stop();
      await network.stop();
    },

    async health() {
      const database = await store.ping();
      const switches = network.status();
      return {
        ok: database.ok && switches.every((known) => known.connected && known.problems.length === 0),
        database,
        switches,
        ...(quarantined === undefined ? {} : { quarantined }),
      };
    },
  };
}

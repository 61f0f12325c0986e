/**
 * Desired state, per VI: looks what should stand, makes it so, and writes what came of it, once, whatever happened. Every cause ends
 * here — provision, release, terminate, time, a node that comes back, the periodic look — so none of them needs to know the others.
 */
import type { DriverError } from '../domain/errors/driver-error.js';
import { type Aim, deriveAim } from '../domain/reservation/aim.js';
import type { ErrorEvent, Reservation } from '../domain/reservation/reservation.js';
import type { Message } from '../domain/reservation/step.js';
import { deriveUnbooted, dueToLeave, type RoundOfVms, stillUnbooted } from '../domain/reservation/unbooted.js';
import type { UnbootedVm } from '../domain/reservation/unbooted-vm.js';
import type { Site } from '../domain/site/site-file.js';
import { nodesOf, type PlacedVi } from '../domain/vi/placed-vi.js';
import type { Log } from '../lib/log.js';
import { ensureDown, ensureUp } from './build.js';
import { collectFailures, type Failures } from './failures.js';
import { moveStuck } from './move-stuck.js';
import { createRefusals, type Refusal } from './refusals.js';
import type { RegistryKeeper } from './registry-keeper.js';
import type { RestoreFence } from './restore-fence.js';
import type { SiteContext } from './site-context.js';
import { removeStrays, type StrayNotes } from './strays.js';
import { closeTurn, forgetUnbooted, isKnownForGood, noteError, openTurn, type Turn, take } from './turn.js';
import type { VmWatch } from './vm-watch.js';
import type { WorkResult } from './work-loop.js';

const by = 'reconciler';
const notCompared = 'nothing is built before the database is found to be as new as the nodes, or is accepted';

interface Round {
  aim: Aim;
  /** Absent where there is none. */
  reservation?: Reservation;
  /** Versions before, parts of which may still stand. */
  replaced: PlacedVi[];
  /** Whether the last round left everything as it should be. */
  wasUp: boolean;
  unbooted: UnbootedVm[];
}

/** The aim as the database has it now; that building begins is written before anything is touched. */
async function begin({ store }: SiteContext, connectionId: string): Promise<Round> {
  return store.transaction(async (transaction) => {
    const { reservation, now } = await transaction.lockReservation(connectionId);
    if (reservation === undefined) return { aim: { kind: 'none' }, replaced: [], wasUp: false, unbooted: [] };
    const turn = openTurn(transaction, reservation, now);
    const aim = deriveAim(reservation, now);
    if (aim.kind === 'wait') await take(turn, { type: 'reconciler.awaitingStart' }, by);
    const unbooted = aim.kind === 'up' ? deriveUnbooted(reservation, aim.version) : [];
    if (aim.kind === 'up') {
      await take(turn, { type: 'reconciler.building', version: aim.version.version }, by);
      // From here on they may run: what this round does not come to say is taken for having run.
      forgetUnbooted(turn);
    }
    await closeTurn(turn);
    const replaced = (reservation.replaced ?? []).map(({ placed }) => placed);
    return { aim, reservation, replaced, wasUp: reservation.states.dataPlane.active, unbooted };
  });
}

type Active = Exclude<Aim, { kind: 'wait' | 'none' }>;

interface Outcome {
  aim: Active;
  failures: Failures;
  refusal: Refusal;
  unbooted: readonly UnbootedVm[];
}

function deriveEvent(aim: Active, before: Reservation): ErrorEvent['event'] {
  if (aim.kind !== 'up') return 'deactivateFailed';
  return before.states.dataPlane.active ? 'dataplaneError' : 'activateFailed';
}

const toErrorEvent = (event: ErrorEvent['event'], failures: readonly DriverError[], at: Date): ErrorEvent => ({
  at,
  event,
  node: failures[0]!.node,
  text: [...new Set(failures.map((failure) => failure.message))].join('; '),
});

/** All that failed was on nodes that have no part in the version in force: of another one, something is left there. */
function isBeside({ nodes }: Site, { aim, failures }: Pick<Outcome, 'aim' | 'failures'>): boolean {
  const hosting = nodesOf([aim.version.placed]);
  const others = new Set(nodes.flatMap(({ name }) => (hosting.includes(name) ? [] : [name])));
  return aim.kind === 'up' && failures.all.length > 0 && failures.all.every(({ node }) => others.has(node));
}

/** Where the aim has changed meanwhile, the outcome is not news any more and the next round, asked for already, will tell. */
function isStillTheAim(aim: Active, now: Aim): boolean {
  if (now.kind === 'none' || now.kind === 'wait' || now.version.version !== aim.version.version) return false;
  return now.kind === 'up' ? aim.kind === 'up' : now.kind === aim.kind && now.disk === aim.disk;
}

const outcomes: { [Kind in Active['kind']]: (version: number) => Message } = {
  up: (version) => ({ type: 'reconciler.built', version }),
  down: () => ({ type: 'reconciler.removed' }),
  putOff: () => ({ type: 'reconciler.awaitingStart' }),
};

async function reportFailure(turn: Turn, { aim, failures, refusal, unbooted }: Outcome): Promise<void> {
  const event = toErrorEvent(deriveEvent(aim, turn.reservation), failures.all, turn.now);
  noteError(turn, {
    ...event,
    // What another process or an earlier start of this one has found out is not taken back by the first attempt of a new count.
    ...(refusal === 'forGood' || isKnownForGood(turn, event) ? { permanent: true } : {}),
    ...(unbooted.length > 0 ? { unbooted: [...unbooted] } : {}),
  });
  if (aim.kind === 'up') await take(turn, { type: 'reconciler.failed' }, by, turn.reservation.errorEvent?.text);
}

async function report(site: Site, turn: Turn, outcome: Outcome): Promise<void> {
  const { aim, failures } = outcome;
  if (!isStillTheAim(aim, deriveAim(turn.reservation, turn.now))) return;
  if (isBeside(site, outcome)) {
    noteError(turn, toErrorEvent('deactivateFailed', failures.all, turn.now));
    await take(turn, { type: 'reconciler.builtBeside', version: aim.version.version }, by);
  } else if (failures.all.length > 0) await reportFailure(turn, outcome);
  else {
    noteError(turn, null);
    await take(turn, outcomes[aim.kind](aim.version.version), by);
  }
}

/** Another process may have gone on with it meanwhile: then the outcome is that one's to tell, and this throws DriverError. */
async function finish({ site, store, lease }: SiteContext, connectionId: string, outcome: Outcome): Promise<void> {
  await store.transaction(async (transaction) => {
    await lease?.ensure();
    const { reservation, now } = await transaction.lockReservation(connectionId);
    if (reservation === undefined) return;
    const turn = openTurn(transaction, reservation, now);
    await report(site, turn, outcome);
    await closeTurn(turn);
  });
}

/** The round has touched nothing: what had never run before it has not run now, unless another process has gone on with it. Then this throws DriverError. */
async function keepUnbooted(
  { store, lease }: SiteContext,
  connectionId: string,
  aim: Active,
  unbooted: readonly UnbootedVm[],
  why: string,
): Promise<void> {
  if (unbooted.length === 0) return;
  await store.transaction(async (transaction) => {
    await lease?.ensure();
    const { reservation, now } = await transaction.lockReservation(connectionId);
    if (reservation === undefined || !isStillTheAim(aim, deriveAim(reservation, now))) return;
    const turn = openTurn(transaction, reservation, now);
    const event = reservation.errorEvent ?? { at: now, event: 'activateFailed', text: why };
    noteError(turn, { ...event, unbooted: [...unbooted] });
    await closeTurn(turn);
  });
}

function tell(log: Log, connectionId: string, aim: Active, failures: Failures, tookMs: number): void {
  const bound = log.child({ connectionId, aim: aim.kind, version: aim.version.version, tookMs });
  if (failures.all.length === 0) bound.debug('reconciled');
  for (const failure of failures.all)
    bound.warn({ node: failure.node, errorClass: failure.errorClass, err: failure }, 'not as it should be');
}

/** Where nothing of it is left once the aim is reached, disks included. */
function deriveEmptied(aim: Active, nodes: readonly string[]): string[] {
  if (aim.kind !== 'up') return aim.disk === 'erase' ? [...nodes] : [];
  const kept = nodesOf([aim.version.placed]);
  return nodes.filter((node) => !kept.includes(node));
}

export interface ReconcilerOptions {
  instance: string;
  registry: RegistryKeeper;
  /** Is told what runs. */
  watch: VmWatch;
  fence: RestoreFence;
  /** What is to go from where nothing places it. */
  strays: StrayNotes;
  /** A node that did not answer: to be recovered when it does. */
  noteAway(node: string): void;
}

/** One round for one VI; never two at once, since its due work is one row. */
export function createReconciler(context: SiteContext, options: ReconcilerOptions) {
  const { site, clock, log, lease } = context;
  const { instance, registry, watch, fence, strays } = options;
  const refusals = createRefusals();
  return async (connectionId: string): Promise<WorkResult> => {
    const { aim, reservation, replaced, wasUp, unbooted: before } = await begin(context, connectionId);
    watch.forget(connectionId);
    if (aim.kind === 'none' || reservation === undefined) return { outcome: 'done' };
    if (aim.kind === 'wait') return { outcome: 'again', at: aim.until };
    const versions = [aim.version.placed, ...replaced];
    const astray = strays.of(connectionId, versions);
    const nodes = [...new Set([...nodesOf(versions), ...astray.map(({ node }) => node)])];
    const isMending = aim.kind === 'up' && wasUp && replaced.length === 0 && astray.length === 0;
    const keepNote = (why: string): Promise<void> => keepUnbooted(context, connectionId, aim, before, why);
    const acting = await fence.pass(reservation, nodes, !isMending).catch(async (error: unknown) => {
      await keepNote(error instanceof Error ? error.message : String(error)).catch(() => {});
      throw error;
    });
    if (acting === undefined) {
      await keepNote(notCompared);
      return { outcome: 'again' };
    }

    const startedMs = clock.now().getTime();
    const vi = aim.version.placed;
    const failures = collectFailures();
    let built: RoundOfVms = { ran: new Set(), failed: new Map() };
    const isDone = await failures.attempt(async () => {
      if (aim.kind !== 'up') return ensureDown(acting, { vi, replaced, instance, disk: aim.disk }, failures);
      const names = new Set(before.map(({ name }) => name));
      const outcome = await ensureUp(acting, { vi, replaced, instance, wasUp, unbooted: names }, failures);
      watch.remember(connectionId, outcome.running);
      built = outcome;
    });
    await removeStrays(acting, astray, instance, failures);
    // What follows of it is for the process that has the lease; its absence is no failure of the VI.
    await lease?.ensure();
    const unbooted = isDone ? stillUnbooted(before, built, clock.now()) : [];
    tell(log, connectionId, aim, failures, clock.now().getTime() - startedMs);
    for (const { node, errorClass } of failures.all) if (errorClass === 'transient') options.noteAway(node);
    const vms = dueToLeave(unbooted, built.failed, site.reservations.moveSeconds * 1000, clock.now());
    const moved =
      vms.length > 0 &&
      (await moveStuck(context, {
        ...{ connectionId, version: aim.version, vms, unbooted },
        event: toErrorEvent('activateFailed', failures.all, clock.now()),
      }));
    const refusal = refusals.judge(connectionId, aim.kind === 'up' && !moved ? failures.all : []);
    // The new version's round is due.
    if (moved) return { outcome: 'done' };
    await finish(context, connectionId, { aim, failures, refusal, unbooted });
    if (failures.all.length === 0) {
      strays.forget(astray);
      await fence.forget(connectionId, deriveEmptied(aim, nodes));
    }
    if (aim.kind === 'down' && aim.disk === 'erase' && failures.all.length === 0) await registry.forget(connectionId);
    // What waiting will not cure is looked at again with the periodic round; that passes by what is over, and what it has set aside would be lost.
    const isLast = aim.kind === 'down' && aim.disk === 'erase';
    const isUnseen = failures.all.length > 0 && (replaced.length > 0 || isLast);
    if (failures.isTransient() || refusal === 'again' || isUnseen) return { outcome: 'again' };
    return aim.kind === 'putOff' ? { outcome: 'again', at: aim.version.start } : { outcome: 'done' };
  };
}

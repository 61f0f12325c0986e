/** What an action of the machine means at one site, as calls of its web service; each ends in the event that the machine hears. */
import { isRefusedForGood } from '../client/refused-for-good.js';
import type { RmsRequest } from '../wire/rms/types.js';
import type { Event, SiteFault } from './co-allocation.js';
import { deriveCorrelationId } from './correlation.js';
import { type Patience, persist, type Waiting } from './persist.js';
import type { SiteClient, SiteReservation } from './site-client.js';
import { isSiteRefusal, isTransient, ownFault, toSiteFault } from './site-fault.js';

export interface StepTimes {
  /** Between two looks at a reservation whose state is on its way. */
  pollMs: number;
  hold: Patience;
  /** A site that has been told to commit, or that has committed, must be heard: longer than any hold. */
  decided: Patience;
  provisionPatienceMs: number;
}

export interface SiteContext {
  /** What correlation ids are derived from; no site knows it. */
  correlationKey: string;
  globalReservationId: string;
  client: SiteClient;
  times: StepTimes;
  waiting: Waiting;
  /** Told as soon as the connection id is known. */
  onReserved: (site: string, connectionId: string) => Promise<void>;
  /** A problem that the site is still working on. */
  onTrouble: (site: string, text: string) => void;
}

/** The decision stands but a site could not be told: the log has it, and a later run goes on from there. */
export class SiteNotReached extends Error {
  override name = 'SiteNotReached';
  constructor(
    readonly site: string,
    readonly fault: SiteFault,
  ) {
    super(`site ${site} could not be told: ${fault.text}`);
  }
}

type Change = 'commit' | 'abort' | 'terminate';

const correlation = (context: SiteContext, site: string, attempt: number, operation: string): string =>
  deriveCorrelationId(context.correlationKey, attempt, site, operation);

/** Looks until `settled` says so, or throws the last error when a look fails for longer than patience. */
async function poll(
  context: SiteContext,
  patience: Patience,
  connectionId: string,
  settled: (reservation: SiteReservation) => boolean,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<SiteReservation> {
  for (;;) {
    const { reservation } = await persist(
      () => context.client.getReservation({ connectionId }),
      patience,
      context.waiting,
    );
    if (settled(reservation) || context.waiting.now() >= untilMs) return reservation;
    await context.waiting.sleep(context.times.pollMs);
  }
}

const stateFault = ({ states, errorEvent, refusal }: SiteReservation): SiteFault =>
  refusal ?? {
    code: states.reservationState,
    text: errorEvent?.text ?? `the reservation is ${states.reservationState}, ${states.lifecycleState}`,
    variables: {},
  };

const isDecided = ({ states }: SiteReservation): boolean => states.reservationState !== 'ReserveChecking';

export async function reserveAt(context: SiteContext, site: string, request: RmsRequest<'reserve'>): Promise<Event> {
  try {
    const { reservation } = await persist(() => context.client.reserve(request), context.times.hold, context.waiting);
    await context.onReserved(site, reservation.connectionId);
    const decided = isDecided(reservation)
      ? reservation
      : await poll(context, context.times.hold, reservation.connectionId, isDecided);
    if (decided.states.reservationState === 'ReserveHeld') return { type: 'held', site };
    return { type: 'refused', site, fault: stateFault(decided) };
  } catch (error) {
    return { type: 'refused', site, fault: toSiteFault(error) };
  }
}

/** A decision must not be lost for want of an answer: silence ends in SiteNotReached, not in an event. */
async function insist<T>(context: SiteContext, site: string, call: () => Promise<T>): Promise<T> {
  try {
    return await persist(call, context.times.decided, context.waiting);
  } catch (error) {
    if (isTransient(error)) throw new SiteNotReached(site, toSiteFault(error));
    throw error;
  }
}

const isCommitted = ({ committed, states }: SiteReservation): boolean =>
  committed !== undefined && states.reservationState === 'ReserveStart' && states.lifecycleState === 'Created';
const isCommitSettled = ({ states }: SiteReservation): boolean => states.reservationState !== 'ReserveCommitting';

export async function commitAt(
  context: SiteContext,
  site: string,
  attempt: number,
  connectionId: string,
): Promise<Event> {
  const correlationId = correlation(context, site, attempt, 'commit');
  try {
    const { reservation } = await insist(context, site, () => context.client.commit({ correlationId, connectionId }));
    // An answer repeated from an earlier try tells the state of then.
    const settled =
      isCommitted(reservation) || !isCommitSettled(reservation)
        ? await insist(context, site, () => poll(context, context.times.decided, connectionId, isCommitSettled))
        : reservation;
    return isCommitted(settled)
      ? { type: 'committed', site }
      : { type: 'commitFailed', site, fault: stateFault(settled) };
  } catch (error) {
    if (!isSiteRefusal(error)) throw error;
    return { type: 'commitFailed', site, fault: toSiteFault(error) };
  }
}

/** What a lost answer to `reserve` may have left: found by the id that all reservations of this co-allocation bear. */
async function findOwn(context: SiteContext): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<SiteClient['listReservations']>> = await context.client.listReservations({
      globalReservationId: context.globalReservationId,
      reservationStates: [],
      lifecycleStates: ['Created'],
      after,
    });
    for (const { globalReservationId, connectionId } of page.reservations)
      if (globalReservationId === context.globalReservationId) found.push(connectionId);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** NSI errors that mean there is nothing left to end: 00203 unknown, 00204 terminated. */
const gone: ReadonlySet<string> = new Set(['00203', '00204']);
/** 00201: the reservation is past what abort is for; terminate settles it. */
const invalidTransition = '00201';

async function change(
  context: SiteContext,
  site: string,
  attempt: number,
  connectionId: string,
  operation: Change,
): Promise<void> {
  const correlationId = correlation(context, site, attempt, `${operation} ${connectionId}`);
  try {
    await persist(
      () => context.client[operation]({ correlationId, connectionId }),
      context.times.hold,
      context.waiting,
    );
  } catch (error) {
    const harmless =
      isSiteRefusal(error) &&
      (gone.has(error.errorId) || (operation === 'abort' && error.errorId === invalidTransition));
    if (!harmless) throw error;
  }
}

export interface UndoRequest {
  site: string;
  attempt: number;
  connectionId?: string;
  committed: boolean;
}

/**
 * Nothing of this attempt is held at the site: abort frees the hold, terminate ends the reservation, so that none is left over
 * for good. Not reached, an undecided hold ends by itself; what has committed must be heard to end.
 */
export async function undoAt(context: SiteContext, request: UndoRequest): Promise<Event> {
  const { site, attempt, committed } = request;
  try {
    const ids =
      request.connectionId === undefined
        ? await persist(() => findOwn(context), context.times.hold, context.waiting)
        : [request.connectionId];
    for (const connectionId of ids) {
      if (!committed) await change(context, site, attempt, connectionId, 'abort');
      await change(context, site, attempt, connectionId, 'terminate');
    }
    return { type: 'undone', site };
  } catch (error) {
    if (committed && isTransient(error)) throw new SiteNotReached(site, toSiteFault(error));
    return { type: 'undone', site, fault: toSiteFault(error) };
  }
}

const isBuilt = ({ states }: SiteReservation): boolean =>
  states.provisionState === 'Provisioned' && states.dataPlaneStatus.active && states.dataPlaneStatus.versionConsistent;

export async function awaitProvisionedAt(context: SiteContext, site: string, connectionId: string): Promise<Event> {
  const { times, waiting } = context;
  let trouble = '';
  const settled = (reservation: SiteReservation): boolean => {
    const text = reservation.errorEvent?.text ?? '';
    if (text !== '' && text !== trouble) context.onTrouble(site, text);
    trouble = text;
    return isBuilt(reservation) || isRefusedForGood(reservation) || reservation.states.lifecycleState !== 'Created';
  };
  try {
    const last = await poll(context, times.hold, connectionId, settled, waiting.now() + times.provisionPatienceMs);
    if (isBuilt(last)) return { type: 'provisioned', site };
    const text = last.errorEvent?.text ?? 'the virtual infrastructure does not stand yet';
    if (last.states.lifecycleState === 'Created' && isRefusedForGood(last))
      return { type: 'provisionFailed', site, fault: ownFault('REFUSED', text), forGood: true };
    const code = last.states.lifecycleState === 'Created' ? 'TIMED_OUT' : last.states.lifecycleState;
    return { type: 'provisionFailed', site, fault: ownFault(code, text) };
  } catch (error) {
    return { type: 'provisionFailed', site, fault: toSiteFault(error) };
  }
}

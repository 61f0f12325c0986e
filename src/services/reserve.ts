/** reserve: checks, places and holds in one transaction. All of the request or nothing; touches no host. */
import { IrisError } from '../domain/errors/iris-error.js';
import { checkPointToPoint } from '../domain/p2p/check-point-to-point.js';
import type { ReserveRequest } from '../domain/ports/provider.js';
import type { CallContext, StoreTransaction } from '../domain/ports/store.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import { newConnectionStates } from '../domain/reservation/step.js';
import { deriveNodeCapacities } from '../domain/site/node-capacity.js';
import type { CheckContext } from '../domain/vi/checks/check.js';
import { checkTenantLimits } from '../domain/vi/checks/tenant.js';
import type { Criteria } from '../domain/vi/criteria.js';
import { checkCriteria } from '../domain/vi/criteria-checks.js';
import { checkExternalPortMtus } from '../domain/vi/external-port-mtu.js';
import { deriveFree, type PlacementRequest, placeVi } from '../domain/vi/place-vi.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { timeOrderedUuid } from '../lib/time-ordered-uuid.js';
import { deriveTenant } from './access.js';
import { withoutSecrets } from './answer.js';
import { serveOnce } from './once.js';
import { placeBetweenStps } from './place-between-stps.js';
import { passingOver } from './placing.js';
import type { SiteContext } from './site-context.js';
import { toAsked } from './telling.js';
import { closeTurn, openTurn, type Turn, take } from './turn.js';
import { withoutConnection } from './without-connection.js';

/** How often a placement is tried again after a concurrent reserve has taken what it counted on. */
const mostPlacements = 5;

export interface Interval {
  start: Date;
  end?: Date;
}

/** A start that is absent or past means now. */
export const deriveInterval = ({ start, end }: Criteria['schedule'], now: Date): Interval => ({
  start: start === undefined || start < now ? now : start,
  ...(end === undefined ? {} : { end }),
});

/** Everything that can be said without asking what is taken. */
export function checkRequest(
  { site, compute }: SiteContext,
  criteria: Criteria,
  tenant: string,
  now: Date,
  inForce?: CheckContext['inForce'],
): void {
  const { nested, userData } = compute.capabilities();
  if (criteria.pointToPoint !== undefined) checkPointToPoint(criteria.pointToPoint, site);
  checkCriteria(criteria, { site, tenant, now, nested, userData, ...(inForce === undefined ? {} : { inForce }) });
}

/**
 * Places over what is free in the whole interval, within the tenant's limits; what the reservation has itself counts for free. `passedOver`:
 * how many nodes are looked at last only.
 */
export async function placeOver(
  { site, network }: SiteContext,
  transaction: StoreTransaction,
  request: PlacementRequest,
  { start, end }: Interval,
  passedOver = 0,
): Promise<PlacedVi> {
  if (request.criteria.pointToPoint !== undefined)
    return placeBetweenStps(transaction, site, {
      ...request,
      interval: { start, ...(end === undefined ? {} : { end }) },
    });
  const limits = site.tenants.find((tenant) => tenant.name === request.tenant)?.limits ?? {};
  if (limits.vms !== undefined || limits.cpus !== undefined || limits.memoryMiB !== undefined)
    checkTenantLimits(
      request.criteria,
      limits,
      await transaction.tenantPeak(request.tenant, start, end, request.connectionId),
      request.tenant,
    );
  const peak = request.criteria.vms.length === 0 ? [] : await transaction.peakLoad(start, end, request.connectionId);
  const free = deriveFree(deriveNodeCapacities(site), peak);
  // Packing is for filling one node before the next.
  const nodes = site.reservations.placement === 'spread' ? passingOver(free, passedOver) : free;
  const placed = placeVi(request, site, nodes);
  checkExternalPortMtus(request.criteria, site, network.segmentMtu(placed));
  return placed;
}

/** Another placement may find room; and another label, where the choice is ours. */
const mayBePlacedOtherwise = (error: unknown, { pointToPoint }: Criteria): boolean =>
  error instanceof IrisError &&
  error.kindName === (pointToPoint === undefined ? 'capacityUnavailable' : 'stpUnavailable');

/** Places and holds; places again where a concurrent reserve has just taken what the placement counted on. */
export async function holdPlaced(
  context: SiteContext,
  transaction: StoreTransaction,
  request: PlacementRequest,
  interval: Interval,
  now: Date,
): Promise<NonNullable<Reservation['held']>> {
  const holdExpires = new Date(now.getTime() + context.site.reservations.holdSeconds * 1000);
  // Nothing is set aside in the past of a version that began before it was asked for.
  const setAside = { ...interval, start: interval.start < now ? now : interval.start };
  const passedOver = context.placing.begin(transaction);
  for (let attempt = 1; ; attempt += 1) {
    // A refusal by the placement itself is final: there is no room as seen from here.
    const placed = await placeOver(context, transaction, request, setAside, passedOver);
    const { version, criteria } = request;
    const held: ReservationVersion = { version, criteria, placed, ...interval, state: 'held' };
    try {
      await transaction.holdVersion(request.connectionId, held, holdExpires, setAside.start);
      return { ...held, holdExpires };
    } catch (error) {
      if (!mayBePlacedOtherwise(error, criteria) || attempt === mostPlacements) throw error;
    }
  }
}

type Described = Omit<ReserveRequest, 'tenant' | 'criteria'> & Pick<Reservation, 'nsi'>;

/** The reservation exists, in ReserveChecking, and nothing is held yet. */
export async function beginReservation(
  transaction: StoreTransaction,
  call: CallContext,
  { autoProvision, terminateOnRelease, globalReservationId, description, nsi }: Described,
  tenant: string,
  now: Date,
): Promise<Turn> {
  const reservation: Reservation = {
    // What is stored of one reservation after the other stands together in every index, however much is stored.
    connectionId: timeOrderedUuid(),
    viNumber: await transaction.nextViNumber(),
    ...(globalReservationId === undefined ? {} : { globalReservationId }),
    ...(description === undefined ? {} : { description }),
    tenant,
    requester: call.requester.subject,
    autoProvision,
    terminateOnRelease,
    states: newConnectionStates,
    ...(nsi === undefined ? {} : { nsi }),
    createdAt: now,
    updatedAt: now,
  };
  await transaction.insertReservation(reservation);
  const turn = openTurn(transaction, reservation, now, call.correlationId, toAsked(call, 'reserve'));
  await take(turn, { type: 'requester.reserve' }, call.requester.subject);
  return turn;
}

async function hold(
  context: SiteContext,
  transaction: StoreTransaction,
  call: CallContext,
  request: ReserveRequest,
  tenant: string,
): Promise<Reservation> {
  const now = await transaction.now();
  const { criteria } = request;
  checkRequest(context, criteria, tenant, now);
  const interval = deriveInterval(criteria.schedule, now);
  const turn = await beginReservation(transaction, call, request, tenant, now);
  const { connectionId, viNumber } = turn.reservation;
  const placement = { connectionId, viNumber, version: 1, tenant, criteria };
  turn.reservation = {
    ...turn.reservation,
    held: await holdPlaced(context, transaction, placement, interval, now),
  };
  await take(turn, { type: 'engine.held' }, 'engine');
  return closeTurn(turn);
}

export function createReserve(context: SiteContext) {
  return async (call: CallContext, request: ReserveRequest): Promise<Reservation> => {
    const tenant = deriveTenant(call.requester, request.tenant, context.site);
    const served = serveOnce(context.store, call, 'reserve', request, async (transaction) => ({
      outcome: 'served',
      reservation: withoutSecrets(await hold(context, transaction, call, request, tenant)),
    }));
    return served.catch((error: unknown) => {
      throw withoutConnection(error);
    });
  };
}

/**
 * modify: reserve again with a higher version. What stays keeps its place, the version in force stays in force until the new one is
 * committed, and what the reservation has itself never stands in its own way.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { ModifyRequest } from '../domain/ports/provider.js';
import type { CallContext } from '../domain/ports/store.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import { type Refusal, wasEverBuilt } from '../domain/reservation/step.js';
import type { CheckContext } from '../domain/vi/checks/check.js';
import type { Before } from '../domain/vi/keep-vms.js';
import { deriveNamesInForce } from '../domain/vi/vm-names.js';
import { withoutSecrets } from './answer.js';
import { nextVersion } from './next-version.js';
import { serveOnce } from './once.js';
import { serveTurn } from './operations.js';
import { checkRequest, deriveInterval, holdPlaced, type Interval } from './reserve.js';
import type { SiteContext } from './site-context.js';
import { type Turn, take } from './turn.js';

function deriveVersion(
  { connectionId, version: asked }: ModifyRequest,
  inForce: ReservationVersion | undefined,
): number {
  const present = inForce?.version ?? 0;
  if (asked !== undefined && asked <= present)
    throw new IrisError('payload', {
      what: `version ${asked} is not higher than ${present}, which is in force`,
      variables: { version: String(asked), inForce: String(present) },
      connectionId,
    });
  const version = asked ?? nextVersion(present);
  if (version === undefined)
    throw new IrisError('unsupportedParameter', {
      what: `version ${present} is in force, and no version comes after it`,
      variables: { inForce: String(present) },
      connectionId,
    });
  return version;
}

/** A segment is what its peers at other sites know it by; it stays the same for the life of a reservation. */
function checkSegment({ connectionId, criteria }: ModifyRequest, inForce: ReservationVersion | undefined): void {
  if (inForce === undefined) return;
  if ((criteria.pointToPoint === undefined) !== (inForce.placed.pointToPoint === undefined))
    throw new IrisError('unsupportedParameter', {
      what: 'a point-to-point service and a VI cannot become each other',
      variables: { parameter: 'criteria' },
      connectionId,
    });
  // Of a point-to-point service the segment is the site's own affair.
  if (criteria.pointToPoint !== undefined) return;
  const { key, encapsulation } = inForce.placed.segment;
  if (criteria.segment.key !== key)
    throw new IrisError('unsupportedParameter', {
      what: `the segment key of a reservation cannot change; it is ${key}`,
      variables: { segmentKey: String(criteria.segment.key), inForce: String(key) },
      connectionId,
    });
  if (criteria.segment.encapsulation !== encapsulation)
    throw new IrisError('unsupportedParameter', {
      what: `the encapsulation of a reservation cannot change; it is ${encapsulation}`,
      variables: { encapsulation: criteria.segment.encapsulation, inForce: encapsulation },
      connectionId,
    });
}

/** A start that is absent or past means now; or, for what has begun, when it began. */
function deriveModifiedInterval(request: ModifyRequest, { committed, states }: Reservation, now: Date): Interval {
  const interval = deriveInterval(request.criteria.schedule, now);
  if (interval.start > now && wasEverBuilt(states))
    throw new IrisError('unsupportedParameter', {
      what: 'the VI has been built, and its disks are kept: its start can no longer be put off',
      variables: { start: interval.start.toISOString() },
      connectionId: request.connectionId,
    });
  const begun = committed !== undefined && committed.start <= now;
  return interval.start > now || !begun ? interval : { ...interval, start: committed.start };
}

function deriveCheckContext(inForce: ReservationVersion | undefined, now: Date): CheckContext['inForce'] {
  if (inForce === undefined) return undefined;
  const names = deriveNamesInForce(inForce.criteria, inForce.placed);
  return { names, ...(inForce.start <= now ? { begun: inForce.start } : {}) };
}

const deriveBefore = ({ committed, replaced = [], states }: Reservation): Before | undefined =>
  committed && {
    inForce: committed.placed,
    names: deriveNamesInForce(committed.criteria, committed.placed),
    replaced: replaced.map(({ placed }) => placed),
    wasBuilt: wasEverBuilt(states),
  };

/** Throws IrisError where it cannot be held; what the machines say against it is returned. */
export async function holdModified(
  context: SiteContext,
  turn: Turn,
  request: ModifyRequest,
  subject: string,
): Promise<Refusal | undefined> {
  const { now, transaction } = turn;
  const { connectionId, viNumber, tenant, committed } = turn.reservation;
  const refusal = await take(turn, { type: 'requester.reserve' }, subject);
  if (refusal !== undefined) return refusal;

  const { criteria } = request;
  const version = deriveVersion(request, committed);
  checkSegment(request, committed);
  checkRequest(context, criteria, tenant, now, deriveCheckContext(committed, now));
  const interval = deriveModifiedInterval(request, turn.reservation, now);
  const before = deriveBefore(turn.reservation);
  const placement = { connectionId, viNumber, version, tenant, criteria, ...(before === undefined ? {} : { before }) };
  turn.reservation = {
    ...turn.reservation,
    held: await holdPlaced(context, transaction, placement, interval, now),
  };
  return take(turn, { type: 'engine.held' }, 'engine');
}

export function createModify(context: SiteContext) {
  return (call: CallContext, request: ModifyRequest): Promise<Reservation> =>
    serveOnce(context.store, call, 'modify', request, (transaction) =>
      serveTurn(
        context,
        transaction,
        call,
        { operation: 'modify', connectionId: request.connectionId },
        (turn) => holdModified(context, turn, request, call.requester.subject),
        withoutSecrets,
      ),
    );
}

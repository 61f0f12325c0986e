/** NSI's questions. A requester sees what its own NSA reserved, and what its tenant reserved over rms. */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { NsiNotification, RecordedResult } from '../../domain/nsi/messages.js';
import type { IdRange, NsiContext, QuerySummary, QuerySummaryRequest } from '../../domain/ports/nsi-provider.js';
import type { ReservationFilter } from '../../domain/ports/store.js';
import type { Reservation } from '../../domain/reservation/reservation.js';
import { deriveVisibleTenant, ensureVisible } from '../access.js';
import { withoutSecrets } from '../answer.js';
import type { SiteContext } from '../site-context.js';

const pageSize = 500;
/** NSI has no pages: an answer is one message. */
const mostReservations = 10_000;

async function listAll({ store }: SiteContext, filter: ReservationFilter): Promise<Reservation[]> {
  const all: Reservation[] = [];
  let after: string | undefined;
  do {
    const page = { limit: pageSize, ...(after === undefined ? {} : { after }) };
    const { reservations, next } = await store.listReservations(filter, page);
    all.push(...reservations);
    after = next;
    if (all.length > mostReservations)
      throw new IrisError('resourceUnavailable', {
        what: `more than ${mostReservations} reservations are asked for; ask with ifModifiedSince, or for connection ids`,
        variables: { limit: String(mostReservations) },
      });
  } while (after !== undefined);
  return all.reverse().map(withoutSecrets);
}

export async function querySummary(
  context: SiteContext,
  call: NsiContext,
  { connectionIds, globalReservationIds, ifModifiedSince }: QuerySummaryRequest,
): Promise<QuerySummary> {
  const tenant = deriveVisibleTenant(call.requester, undefined, context.site);
  const reservations = await listAll(context, {
    ...(tenant === undefined ? {} : { tenant }),
    requesterNSA: call.nsi.requesterNSA,
    ...(connectionIds === undefined || connectionIds.length === 0 ? {} : { connectionIds }),
    ...(globalReservationIds === undefined || globalReservationIds.length === 0 ? {} : { globalReservationIds }),
    ...(ifModifiedSince === undefined ? {} : { modifiedSince: ifModifiedSince }),
  });
  const lastModified = reservations
    .map(({ updatedAt }) => updatedAt)
    .reduce<Date | undefined>((last, at) => (last === undefined || at > last ? at : last), undefined);
  return { reservations, ...(lastModified === undefined ? {} : { lastModified }) };
}

/** Throws IrisError for a range that is none, and for a connection that the requester does not see. */
async function ensureMayAsk({ store }: SiteContext, call: NsiContext, range: IdRange): Promise<void> {
  const { connectionId, from = 1, to = Number.MAX_SAFE_INTEGER } = range;
  ensureVisible(await store.findReservation(connectionId), connectionId, call.requester, call.nsi);
  if (from > to)
    throw new IrisError('payload', {
      what: `the range of ids ends at ${to} before it starts at ${from}`,
      variables: { from: String(from), to: String(to) },
      connectionId,
    });
}

export async function queryNotification(
  context: SiteContext,
  call: NsiContext,
  range: IdRange,
): Promise<NsiNotification[]> {
  await ensureMayAsk(context, call, range);
  return context.store.notifications(range.connectionId, range);
}

export async function queryResult(context: SiteContext, call: NsiContext, range: IdRange): Promise<RecordedResult[]> {
  await ensureMayAsk(context, call, range);
  return context.store.results(range.connectionId, range);
}

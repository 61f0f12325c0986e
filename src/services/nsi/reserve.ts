/** reserve over NSI: acknowledged with a connection id also where the hold then fails; the reservation is then in ReserveFailed. */
import { IrisError } from '../../domain/errors/iris-error.js';
import { isReserveFailure } from '../../domain/nsi/reserve-failure.js';
import type { Acknowledged, NsiContext, NsiReserveRequest } from '../../domain/ports/nsi-provider.js';
import type { StoreTransaction } from '../../domain/ports/store.js';
import type { Reservation } from '../../domain/reservation/reservation.js';
import { deriveTenant } from '../access.js';
import { toAcknowledged } from '../answer.js';
import { serveOnce } from '../once.js';
import { beginReservation, checkRequest, deriveInterval, holdPlaced } from '../reserve.js';
import type { SiteContext } from '../site-context.js';
import { tellFailure } from '../telling.js';
import { closeTurn, type Turn, take } from '../turn.js';
import { withoutConnection } from '../without-connection.js';

/** What cannot be had is the outcome of the request; any other error is its fault, and undoes it. */
export async function failReserve(turn: Turn, error: unknown): Promise<void> {
  if (!(error instanceof IrisError) || !isReserveFailure(error)) throw error;
  const refusal = await take(turn, { type: 'engine.refused' }, 'engine', error.message);
  if (refusal !== undefined) throw error;
  tellFailure(turn, 'reserveFailed', error);
}

async function hold(
  context: SiteContext,
  transaction: StoreTransaction,
  call: NsiContext,
  request: NsiReserveRequest,
  tenant: string,
): Promise<Reservation> {
  const { criteria, version = 1, serviceType, ...described } = request;
  const now = await transaction.now();
  const nsi = { ...call.nsi, ...(serviceType === undefined ? {} : { serviceType }) };
  // NSI's requester provisions and terminates by itself.
  const wanted = { ...described, autoProvision: false, terminateOnRelease: false, nsi };
  const turn = await beginReservation(transaction, call, wanted, tenant, now);
  const { connectionId, viNumber } = turn.reservation;
  try {
    checkRequest(context, criteria, tenant, now);
    const placement = { connectionId, viNumber, version: Math.max(version, 1), tenant, criteria };
    const held = await holdPlaced(context, transaction, placement, deriveInterval(criteria.schedule, now), now);
    turn.reservation = { ...turn.reservation, held };
    await take(turn, { type: 'engine.held' }, 'engine');
  } catch (error) {
    await failReserve(turn, error);
  }
  return closeTurn(turn);
}

export function createNsiReserve(context: SiteContext) {
  return async (call: NsiContext, request: NsiReserveRequest): Promise<Acknowledged> => {
    const tenant = deriveTenant(call.requester, undefined, context.site);
    return serveOnce(context.store, call, 'nsi.reserve', request, async (transaction) => ({
      outcome: 'served',
      reservation: toAcknowledged(await hold(context, transaction, call, request, tenant)),
    })).catch((error: unknown) => {
      throw withoutConnection(error);
    });
  };
}

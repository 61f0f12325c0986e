/** reserve with a connection id, over NSI: what is named changes, and what cannot be had leads to ReserveFailed with the old version in force. */
import { changeCriteria } from '../../domain/nsi/change-criteria.js';
import type { Acknowledged, NsiContext, NsiModifyRequest } from '../../domain/ports/nsi-provider.js';
import type { Reservation } from '../../domain/reservation/reservation.js';
import type { Refusal } from '../../domain/reservation/step.js';
import { toAcknowledged } from '../answer.js';
import { holdModified } from '../modify.js';
import { serveOnce } from '../once.js';
import { serveTurn } from '../operations.js';
import type { SiteContext } from '../site-context.js';
import type { Turn } from '../turn.js';
import { failReserve } from './reserve.js';

async function hold(
  context: SiteContext,
  turn: Turn,
  call: NsiContext,
  request: NsiModifyRequest,
): Promise<Refusal | undefined> {
  const { connectionId, version } = request;
  const criteria = changeCriteria(turn.reservation.committed?.criteria, request);
  const whole = { connectionId, ...(version === undefined ? {} : { version }), criteria };
  try {
    return await holdModified(context, turn, whole, call.requester.subject);
  } catch (error) {
    await failReserve(turn, error);
    return undefined;
  }
}

export function createNsiModify(context: SiteContext) {
  return (call: NsiContext, request: NsiModifyRequest): Promise<Acknowledged> =>
    serveOnce(context.store, call, 'nsi.modify', request, (transaction) =>
      serveTurn(
        context,
        transaction,
        call,
        { operation: 'modify', connectionId: request.connectionId },
        async (turn) => {
          const refusal = await hold(context, turn, call, request);
          if (refusal === undefined) turn.reservation = redirect(turn.reservation, call);
          return refusal;
        },
        toAcknowledged,
      ),
    );
}

/** Whoever modifies with a replyTo is told there from now on. */
function redirect(reservation: Reservation, { nsi: { replyTo } }: NsiContext): Reservation {
  const { nsi } = reservation;
  return nsi === undefined || replyTo === undefined ? reservation : { ...reservation, nsi: { ...nsi, replyTo } };
}

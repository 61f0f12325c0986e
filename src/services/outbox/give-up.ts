/** A callback that could not be delivered: said so by a notification that the requester finds when it asks, in one transaction with giving it up. */
import type { ClaimedCallback, Store } from '../../domain/ports/store.js';
import { tellEvent } from '../telling.js';
import { closeTurn, openTurn } from '../turn.js';

export async function giveUp(store: Store, worker: string, callback: ClaimedCallback, reason: string): Promise<void> {
  const { connectionId, correlationId } = callback;
  await store.transaction(async (transaction) => {
    // The reservation's lock comes first, as in every turn.
    const locked = connectionId === undefined ? undefined : await transaction.lockReservation(connectionId);
    const isOurs = await transaction.abandonCallback(worker, callback, reason);
    if (!isOurs || locked?.reservation === undefined) return;
    const turn = openTurn(transaction, locked.reservation, locked.now);
    // Recorded only: it would not arrive either.
    tellEvent(turn, { kind: 'messageDeliveryTimeout', correlationId }, true);
    await closeTurn(turn);
  });
}

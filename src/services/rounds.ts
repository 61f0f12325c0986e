/** Asks the work loop for rounds of the reconciler. */
import { deriveAim } from '../domain/reservation/aim.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import type { SiteContext } from './site-context.js';

export async function askForRounds({ store }: SiteContext, connectionIds: readonly string[]): Promise<void> {
  if (connectionIds.length === 0) return;
  await store.transaction(async (transaction) => {
    const runAt = await transaction.now();
    await transaction.scheduleWork(connectionIds.map((connectionId) => ({ kind: 'reconcile', connectionId, runAt })));
  });
}

/** Those that a round could do anything for. */
export async function listToReconcile({ store, clock }: SiteContext): Promise<Reservation[]> {
  const live = await store.listLive();
  const now = clock.now();
  return live.filter((reservation) => ['up', 'down'].includes(deriveAim(reservation, now).kind));
}

/** Hold timeout and end time, run as due work. A timer that comes too late, too early or for what is gone changes nothing. */
import { takeWhatIsDue } from './operations.js';
import type { SiteContext } from './site-context.js';
import { closeTurn, openTurn } from './turn.js';
import type { WorkResult } from './work-loop.js';

/** Both kinds: what the database's clock says is due happens, under the lock; what is not due yet comes again at its time. */
export function createTimer({ store, site }: Pick<SiteContext, 'store' | 'site'>, kind: 'holdTimeout' | 'endTime') {
  return (connectionId: string): Promise<WorkResult> =>
    store.transaction(async (transaction) => {
      const { reservation, now } = await transaction.lockReservation(connectionId);
      if (reservation === undefined || reservation.states.lifecycle !== 'Created') return { outcome: 'done' };
      const turn = openTurn(transaction, reservation, now);
      await takeWhatIsDue(turn, site);
      const { states, held, committed } = await closeTurn(turn);
      const next = kind === 'holdTimeout' ? held?.holdExpires : (committed ?? held)?.end;
      return states.lifecycle === 'Created' && next !== undefined && next > turn.now
        ? { outcome: 'again', at: next }
        : { outcome: 'done' };
    });
}

/**
 * commit, abort, provision, release, terminate: a table of messages, run under the reservation's lock and answered once. Over NSI the same,
 * with the outcome told beside the answer.
 */
import type { CallContext, StoreTransaction } from '../domain/ports/store.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import type { Message, Refusal } from '../domain/reservation/step.js';
import type { Site } from '../domain/site/site-file.js';
import { ensureVisible } from './access.js';
import type { Answer, Show } from './answer.js';
import { serveOnce } from './once.js';
import type { SiteContext } from './site-context.js';
import { tellEvent, tellFailure, toAsked } from './telling.js';
import { closeTurn, openTurn, type Turn, take, toIrisError } from './turn.js';

interface Step {
  message: Message;
  by: 'requester' | 'engine';
}

const fromRequester = (type: Extract<Message['type'], `requester.${string}`>): Step => ({
  message: { type },
  by: 'requester',
});
const fromEngine = (type: Extract<Message['type'], `engine.${string}`>): Step => ({ message: { type }, by: 'engine' });

/** What each operation says to the machines; a refused first message refuses the operation. */
const operations = {
  commit: (reservation) => [
    fromRequester('requester.commit'),
    fromEngine('engine.committed'),
    ...(reservation.autoProvision && reservation.committed === undefined ? [fromRequester('requester.provision')] : []),
  ],
  abort: () => [fromRequester('requester.abort'), fromEngine('engine.aborted')],
  provision: () => [fromRequester('requester.provision')],
  release: (reservation) => [
    fromRequester('requester.release'),
    ...(reservation.terminateOnRelease ? [fromRequester('requester.terminate')] : []),
  ],
  terminate: () => [fromRequester('requester.terminate')],
} satisfies Record<string, (reservation: Reservation) => Step[]>;

export type OperationName = keyof typeof operations;

/** What time has done already though its timer has not run yet: commit is judged by the database's clock, not by who came first. */
export async function takeWhatIsDue(turn: Turn, { reservations: { holdSeconds } }: Site): Promise<void> {
  const { held, committed } = turn.reservation;
  const end = (committed ?? held)?.end;
  if (end !== undefined && end <= turn.now) await take(turn, { type: 'timer.endTime' }, 'time');
  else if (held !== undefined && held.holdExpires <= turn.now) await take(turn, { type: 'timer.holdTimeout' }, 'time');
  // The hold was dropped by time, whichever of the two it was.
  if (held !== undefined && turn.reservation.held === undefined)
    tellEvent(turn, { kind: 'reserveTimeout', timeoutValue: Math.ceil(holdSeconds) });
}

/** Stops at the first refusal; those after the first message cannot be refused by any state that lets the first one pass. */
async function takeAll(turn: Turn, steps: readonly Step[], subject: string): Promise<Refusal | undefined> {
  for (const { message, by } of steps) {
    const refusal = await take(turn, message, by === 'requester' ? subject : 'engine');
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Runs `work` on the reservation as time has left it, under its lock; a refusal is answered, and what time did stays done. */
export async function serveTurn<Shown>(
  { site }: Pick<SiteContext, 'site'>,
  transaction: StoreTransaction,
  call: CallContext,
  { operation, connectionId }: { operation: string; connectionId: string },
  work: (turn: Turn) => Promise<Refusal | undefined>,
  show: Show<Shown>,
): Promise<Answer<Shown>> {
  const locked = await transaction.lockReservation(connectionId);
  const reservation = ensureVisible(locked.reservation, connectionId, call.requester, call.nsi);
  const asked = toAsked(call, operation);
  const turn = openTurn(transaction, reservation, locked.now, call.correlationId, asked);
  await takeWhatIsDue(turn, site);
  const timeChangedIt = turn.transitions.length > 0;
  const refusal = await work(turn);
  if (refusal === undefined) return { outcome: 'served', reservation: show(await closeTurn(turn)) };

  const { kindName: kind, what, variables } = toIrisError(refusal, connectionId);
  // What time did stays done, so the transaction must not be undone by throwing.
  if (timeChangedIt) await closeTurn(turn);
  else throw toIrisError(refusal, connectionId);
  return { outcome: 'refused', kind, what, variables, connectionId };
}

/** A commit that comes after its hold was dropped is heard over NSI, and has failed: the way out is abort. */
function toLateCommit(turn: Turn, operation: OperationName, refusal: Refusal | undefined): Refusal | undefined {
  const isLate = operation === 'commit' && turn.reservation.states.reservation === 'ReserveTimeout';
  if (turn.asked === undefined || refusal?.refused !== 'invalidTransition' || !isLate) return refusal;
  tellFailure(turn, 'reserveCommitFailed', toIrisError(refusal, turn.reservation.connectionId));
  return undefined;
}

export function createOperation<Shown>(
  context: Pick<SiteContext, 'store' | 'site'>,
  operation: OperationName,
  show: Show<Shown>,
) {
  return (call: CallContext, connectionId: string): Promise<Shown> =>
    serveOnce(context.store, call, operation, { connectionId }, (transaction) =>
      serveTurn(
        context,
        transaction,
        call,
        { operation, connectionId },
        async (turn) => {
          const refusal = await takeAll(turn, operations[operation](turn.reservation), call.requester.subject);
          return toLateCommit(turn, operation, refusal);
        },
        show,
      ),
    );
}

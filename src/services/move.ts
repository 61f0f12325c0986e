/**
 * What placing a reservation elsewhere on the site's own account is made of: another version with the same criteria, held and committed in one
 * transaction, which is undone where the reservation has to stay.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import type { Message } from '../domain/reservation/step.js';
import type { Before } from '../domain/vi/keep-vms.js';
import { deriveNamesInForce } from '../domain/vi/vm-names.js';
import { nextVersion } from './next-version.js';
import { holdPlaced } from './reserve.js';
import type { SiteContext } from './site-context.js';
import { closeTurn, openTurn, type Turn, take } from './turn.js';

/** Undoes the transaction: a modification is under way, say, or there is no room elsewhere. */
export class StaysHere extends Error {}

export interface Move {
  inForce: ReservationVersion;
  before: Omit<Before, 'inForce' | 'names'>;
  /** Whom the history names, for what a requester and what the engine would have said. */
  by: { requester: string; engine: string };
  reason: string;
}

/** Throws StaysHere where the reservation cannot be changed now, or has no version left. */
export async function holdAndCommitElsewhere(
  context: SiteContext,
  turn: Turn,
  { inForce, before, by, reason }: Move,
): Promise<NonNullable<Reservation['held']>> {
  const say = async (type: Extract<Message['type'], `requester.${string}` | `engine.${string}`>): Promise<void> => {
    const speaker = type.startsWith('requester.') ? by.requester : by.engine;
    if ((await take(turn, { type }, speaker, reason)) !== undefined) throw new StaysHere();
  };
  const { connectionId, viNumber, tenant } = turn.reservation;
  const { criteria, placed, start, end } = inForce;
  const version = nextVersion(inForce.version);
  if (version === undefined) throw new StaysHere();
  await say('requester.reserve');
  const names = deriveNamesInForce(criteria, placed);
  const placement = {
    connectionId,
    viNumber,
    version,
    tenant,
    criteria,
    before: { inForce: placed, names, ...before },
  };
  const interval = { start, ...(end === undefined ? {} : { end }) };
  const held = await holdPlaced(context, turn.transaction, placement, interval, turn.now);
  turn.reservation = { ...turn.reservation, held };
  await say('engine.held');
  await say('requester.commit');
  await say('engine.committed');
  return held;
}

/** Elsewhere there is none, or the tenant's limits have been lowered since. */
const noRoom: ReadonlySet<IrisError['kindName']> = new Set(['capacityUnavailable', 'resourceUnavailable']);

/** Whether `move` was done. */
export async function tryToMove(
  { store }: SiteContext,
  connectionId: string,
  correlationId: string | undefined,
  move: (turn: Turn) => Promise<void>,
): Promise<boolean> {
  try {
    await store.transaction(async (transaction) => {
      const { reservation, now } = await transaction.lockReservation(connectionId);
      if (reservation === undefined) throw new StaysHere();
      const turn = openTurn(transaction, reservation, now, correlationId);
      await move(turn);
      await closeTurn(turn);
    });
    return true;
  } catch (error) {
    if (error instanceof StaysHere || (error instanceof IrisError && noRoom.has(error.kindName))) return false;
    throw error;
  }
}

/**
 * Places a reservation that has never been built elsewhere than on one node: another version with the same criteria, held and committed in
 * one transaction. What has a modification under way, or finds no room, stays.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { CallContext } from '../domain/ports/store.js';
import type { Message } from '../domain/reservation/step.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import { deriveNamesInForce } from '../domain/vi/vm-names.js';
import { holdPlaced } from './reserve.js';
import type { SiteContext } from './site-context.js';
import { closeTurn, openTurn, type Turn, take } from './turn.js';

/** Undoes the transaction where the reservation has to stay. */
class StaysHere extends Error {}

async function say(
  turn: Turn,
  type: Extract<Message['type'], `requester.${string}` | `engine.${string}`>,
  by: string,
  reason: string,
) {
  if ((await take(turn, { type }, by, reason)) !== undefined) throw new StaysHere();
}

async function move(context: SiteContext, turn: Turn, subject: string, node: string): Promise<void> {
  const { connectionId, viNumber, tenant, committed, states } = turn.reservation;
  if (committed === undefined || wasEverBuilt(states)) throw new StaysHere();
  const { criteria, placed, start, end, version: before } = committed;
  const reason = `node ${node} is drained`;
  await say(turn, 'requester.reserve', subject, reason);
  const version = before + 1;
  const names = deriveNamesInForce(criteria, placed);
  const placement = {
    connectionId,
    viNumber,
    version,
    tenant,
    criteria,
    before: { inForce: placed, names, replaced: [], wasBuilt: false },
  };
  const interval = { start, ...(end === undefined ? {} : { end }) };
  const held = await holdPlaced(context, turn.transaction, placement, interval, turn.now);
  if (held.placed.vms.some((vm) => vm.node === node)) throw new StaysHere();
  turn.reservation = { ...turn.reservation, held };
  await say(turn, 'engine.held', 'engine', reason);
  await say(turn, 'requester.commit', subject, reason);
  await say(turn, 'engine.committed', 'engine', reason);
}

/** Elsewhere there is none, or the tenant's limits have been lowered since. */
const noRoom: ReadonlySet<IrisError['kindName']> = new Set(['capacityUnavailable', 'resourceUnavailable']);

/** Whether it has left the node. */
export async function moveAway(
  context: SiteContext,
  call: CallContext,
  connectionId: string,
  node: string,
): Promise<boolean> {
  try {
    await context.store.transaction(async (transaction) => {
      const { reservation, now } = await transaction.lockReservation(connectionId);
      if (reservation === undefined) throw new StaysHere();
      const turn = openTurn(transaction, reservation, now, call.correlationId);
      await move(context, turn, call.requester.subject, node);
      await closeTurn(turn);
    });
    return true;
  } catch (error) {
    if (error instanceof StaysHere || (error instanceof IrisError && noRoom.has(error.kindName))) return false;
    throw error;
  }
}

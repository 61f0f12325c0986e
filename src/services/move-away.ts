/** Places a reservation that has never been built elsewhere than on one node. What has a modification under way, or finds no room, stays. */
import type { CallContext } from '../domain/ports/store.js';
import { wasEverBuilt } from '../domain/reservation/step.js';
import { holdAndCommitElsewhere, StaysHere, tryToMove } from './move.js';
import type { SiteContext } from './site-context.js';

/** Whether it has left the node. */
export function moveAway(
  context: SiteContext,
  call: CallContext,
  connectionId: string,
  node: string,
): Promise<boolean> {
  return tryToMove(context, connectionId, call.correlationId, async (turn) => {
    const { committed, states } = turn.reservation;
    if (committed === undefined || wasEverBuilt(states)) throw new StaysHere();
    const held = await holdAndCommitElsewhere(context, turn, {
      inForce: committed,
      before: { replaced: [], wasBuilt: false },
      by: { requester: call.requester.subject, engine: 'engine' },
      reason: `node ${node} is drained`,
    });
    if (held.placed.vms.some((vm) => vm.node === node)) throw new StaysHere();
  });
}

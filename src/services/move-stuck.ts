/**
 * Places VMs that have never run, and do not start where they are, elsewhere: another version with the same criteria, held and committed in
 * one transaction. Everything else stays where it is; what must stand apart still does. What finds no room, or has a modification under
 * way, stays.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { ErrorEvent, ReservationVersion } from '../domain/reservation/reservation.js';
import type { Message } from '../domain/reservation/step.js';
import type { UnbootedVm } from '../domain/reservation/unbooted-vm.js';
import { deriveNamesInForce } from '../domain/vi/vm-names.js';
import { holdPlaced } from './reserve.js';
import type { SiteContext } from './site-context.js';
import { closeTurn, noteError, openTurn, type Turn, take } from './turn.js';

/** Undoes the transaction where they have to stay. */
class StaysHere extends Error {}

export interface StuckVms {
  connectionId: string;
  /** The version that does not come about. */
  version: ReservationVersion;
  vms: readonly UnbootedVm[];
  unbooted: readonly UnbootedVm[];
  /** Why, for people and history. */
  event: ErrorEvent;
}

const by = 'reconciler';

const nodeIn = ({ placed }: ReservationVersion, name: string): string =>
  placed.vms.find((vm) => vm.name === name)!.node;

async function move(context: SiteContext, turn: Turn, { version, vms, unbooted, event }: StuckVms): Promise<void> {
  const { connectionId, viNumber, tenant, committed, states, replaced = [] } = turn.reservation;
  const isProvisioned = states.provision === 'Provisioning' || states.provision === 'Provisioned';
  if (committed?.version !== version.version || states.lifecycle !== 'Created' || !isProvisioned) throw new StaysHere();
  const { criteria, placed, start, end } = committed;
  const avoid = new Map(vms.map(({ name, left }) => [name, new Set([...left, nodeIn(version, name)])]));
  const reason = vms.map(({ name }) => `VM '${name}' does not start on ${nodeIn(version, name)}`).join('; ');
  const say = async (type: Extract<Message['type'], `requester.${string}` | `engine.${string}`>): Promise<void> => {
    if ((await take(turn, { type }, by, reason)) !== undefined) throw new StaysHere();
  };

  const leaving = ({ name, left }: UnbootedVm): UnbootedVm => ({
    name,
    left: [...left, nodeIn(version, name)],
    failures: 0,
  });
  noteError(turn, { ...event, unbooted: unbooted.map((vm) => (avoid.has(vm.name) ? leaving(vm) : vm)) });
  await take(turn, { type: 'reconciler.failed' }, by, event.text);
  await say('requester.reserve');
  const names = deriveNamesInForce(criteria, placed);
  const before = { inForce: placed, names, replaced: replaced.map((old) => old.placed), wasBuilt: true, avoid };
  const placement = { connectionId, viNumber, version: version.version + 1, tenant, criteria, before };
  const interval = { start, ...(end === undefined ? {} : { end }) };
  const held = await holdPlaced(context, turn.transaction, placement, interval, turn.now);
  turn.reservation = { ...turn.reservation, held };
  await say('engine.held');
  await say('requester.commit');
  await say('engine.committed');
}

/** Elsewhere there is none, or the tenant's limits have been lowered since. */
const noRoom: ReadonlySet<IrisError['kindName']> = new Set(['capacityUnavailable', 'resourceUnavailable']);

/** Whether they were placed elsewhere: another round is due then. */
export async function moveStuck(context: SiteContext, stuck: StuckVms): Promise<boolean> {
  try {
    await context.store.transaction(async (transaction) => {
      const { reservation, now } = await transaction.lockReservation(stuck.connectionId);
      if (reservation === undefined) throw new StaysHere();
      const turn = openTurn(transaction, reservation, now);
      await move(context, turn, stuck);
      await closeTurn(turn);
    });
    return true;
  } catch (error) {
    if (error instanceof StaysHere || (error instanceof IrisError && noRoom.has(error.kindName))) return false;
    throw error;
  }
}

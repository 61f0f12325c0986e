/**
 * Places VMs that have never run, and do not start where they are, elsewhere. Everything else stays where it is; what must stand apart
 * still does. What finds no room, or has a modification under way, stays.
 */
import type { ErrorEvent, ReservationVersion } from '../domain/reservation/reservation.js';
import type { UnbootedVm } from '../domain/reservation/unbooted-vm.js';
import { holdAndCommitElsewhere, StaysHere, tryToMove } from './move.js';
import type { SiteContext } from './site-context.js';
import { noteError, type Turn, take } from './turn.js';

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
  const { committed, states, replaced = [] } = turn.reservation;
  const isProvisioned = states.provision === 'Provisioning' || states.provision === 'Provisioned';
  if (committed?.version !== version.version || states.lifecycle !== 'Created' || !isProvisioned) throw new StaysHere();
  const avoid = new Map(vms.map(({ name, left }) => [name, new Set([...left, nodeIn(version, name)])]));
  const reason = vms.map(({ name }) => `VM '${name}' does not start on ${nodeIn(version, name)}`).join('; ');

  const leaving = ({ name, left }: UnbootedVm): UnbootedVm => ({
    name,
    left: [...left, nodeIn(version, name)],
    failures: 0,
  });
  noteError(turn, { ...event, unbooted: unbooted.map((vm) => (avoid.has(vm.name) ? leaving(vm) : vm)) });
  await take(turn, { type: 'reconciler.failed' }, by, event.text);
  const before = { replaced: replaced.map((old) => old.placed), wasBuilt: true, avoid };
  await holdAndCommitElsewhere(context, turn, {
    inForce: committed,
    before,
    by: { requester: by, engine: by },
    reason,
  });
}

/** Whether they were placed elsewhere: another round is due then. */
export const moveStuck = (context: SiteContext, stuck: StuckVms): Promise<boolean> =>
  tryToMove(context, stuck.connectionId, undefined, (turn) => move(context, turn, stuck));

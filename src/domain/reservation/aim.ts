/** What should stand of a reservation's VI at an instant, from its states and its version in force. Pure. */
import type { Reservation, ReservationVersion } from './reservation.js';
import { wasEverBuilt } from './step.js';

export type Aim =
  /** Built and running. */
  | { kind: 'up'; version: ReservationVersion }
  /** It stood, and its start was moved to a time to come: nothing of it stays, since its place is promised from then on only. */
  | { kind: 'putOff'; version: ReservationVersion; disk: 'erase' }
  /** Provisioned, but its time has not come. */
  | { kind: 'wait'; until: Date }
  /** Nothing of it but, while the reservation lives, its disks. */
  | { kind: 'down'; version: ReservationVersion; disk: 'keep' | 'erase' }
  /** It has never been anywhere. */
  | { kind: 'none' };

export function deriveAim(reservation: Reservation, now: Date): Aim {
  const { states, committed } = reservation;
  if (committed === undefined) return { kind: 'none' };
  const provisioned = states.provision === 'Provisioning' || states.provision === 'Provisioned';
  const ended = committed.end !== undefined && committed.end <= now;
  const isToCome = committed.start > now;
  const wasPutOff = isToCome && reservation.replaced !== undefined;
  if (states.lifecycle === 'Created' && provisioned && !ended) {
    if (wasPutOff) return { kind: 'putOff', version: committed, disk: 'erase' };
    return isToCome ? { kind: 'wait', until: committed.start } : { kind: 'up', version: committed };
  }
  if (!wasEverBuilt(states)) return { kind: 'none' };
  const keepsDisks = states.lifecycle === 'Created' && !ended && !wasPutOff;
  return { kind: 'down', version: committed, disk: keepsDisks ? 'keep' : 'erase' };
}

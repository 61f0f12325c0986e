/** What should stand of a reservation's VI at an instant, from its states and its version in force. Pure. */
import type { Reservation, ReservationVersion } from './reservation.js';
import { wasEverBuilt } from './step.js';

export type Aim =
  /** Built and running. */
  | { kind: 'up'; version: ReservationVersion }
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
  if (states.lifecycle === 'Created' && provisioned && !ended)
    return committed.start > now ? { kind: 'wait', until: committed.start } : { kind: 'up', version: committed };
  if (!wasEverBuilt(states)) return { kind: 'none' };
  return { kind: 'down', version: committed, disk: states.lifecycle === 'Created' && !ended ? 'keep' : 'erase' };
}

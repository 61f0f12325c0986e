/**
 * What a node bears about a VI, so that it can become a reservation again where the database has forgotten it: whose it is, until when, and
 * what was asked for and built. Without user data, which is a secret. Pure.
 */
import type { Reservation, ReservationVersion } from '../reservation/reservation.js';
import { withoutUserData } from './without-user-data.js';

export interface ViRecord
  extends Pick<
    Reservation,
    | 'connectionId'
    | 'viNumber'
    | 'globalReservationId'
    | 'description'
    | 'tenant'
    | 'requester'
    | 'autoProvision'
    | 'terminateOnRelease'
    | 'nsi'
  > {
  version: Omit<ReservationVersion, 'state'>;
  /** False: released, with nothing but its disks left. */
  provisioned: boolean;
}

/** Undefined before the first commit: nothing of it is on any node. */
export function toViRecord(reservation: Reservation): ViRecord | undefined {
  const { committed, states } = reservation;
  if (committed === undefined) return undefined;
  const { connectionId, viNumber, globalReservationId, description, tenant, requester } = reservation;
  const { autoProvision, terminateOnRelease, nsi } = reservation;
  const { state: _inForce, criteria, placed, ...version } = committed;
  return {
    connectionId,
    viNumber,
    ...(globalReservationId === undefined ? {} : { globalReservationId }),
    ...(description === undefined ? {} : { description }),
    tenant,
    requester,
    autoProvision,
    terminateOnRelease,
    ...(nsi === undefined ? {} : { nsi }),
    version: {
      ...version,
      criteria: { ...criteria, vms: criteria.vms.map(withoutUserData) },
      placed: { ...placed, vms: placed.vms.map(withoutUserData) },
    },
    provisioned: states.provision === 'Provisioning' || states.provision === 'Provisioned',
  };
}

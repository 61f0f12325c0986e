/**
 * What a request was answered, as kept in the database for the case that it is repeated: the reservation as it then was, or the refusal.
 * Secrets are in no answer.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { NsiErrorName } from '../domain/errors/nsi-errors.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import { withoutUserData } from '../domain/vi/without-user-data.js';
import { reviveDates } from '../lib/revive-dates.js';

export type Answer =
  | { outcome: 'served'; reservation: Reservation }
  | { outcome: 'refused'; kind: NsiErrorName; what: string; variables: Record<string, string>; connectionId: string };

const openVersion = <V extends ReservationVersion>(version: V): V => ({
  ...version,
  criteria: { ...version.criteria, vms: version.criteria.vms.map(withoutUserData) },
  placed: { ...version.placed, vms: version.placed.vms.map(withoutUserData) },
});

/** The reservation as it may be shown. What versions before it left behind, and who waits for what, is nobody's business. */
export const withoutSecrets = ({ replaced: _left, awaited: _awaited, ...reservation }: Reservation): Reservation => ({
  ...reservation,
  ...(reservation.committed === undefined ? {} : { committed: openVersion(reservation.committed) }),
  ...(reservation.held === undefined ? {} : { held: openVersion(reservation.held) }),
});

const dateKeys = new Set(['start', 'end', 'holdExpires', 'at', 'createdAt', 'updatedAt']);

/** From what JSON made of it. */
export const fromStoredAnswer = (stored: unknown): Answer => reviveDates(stored, dateKeys) as Answer;

export function toResult(answer: Answer): Reservation {
  if (answer.outcome === 'served') return answer.reservation;
  throw new IrisError(answer.kind, {
    what: answer.what,
    variables: answer.variables,
    connectionId: answer.connectionId,
  });
}

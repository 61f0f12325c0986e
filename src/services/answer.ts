/**
 * What a request was answered, as kept in the database for the case that it is repeated: of the reservation as it then was what the answer
 * shows, or the refusal. Secrets are in no answer.
 */
import { IrisError } from '../domain/errors/iris-error.js';
import type { NsiErrorName } from '../domain/errors/nsi-errors.js';
import type { Acknowledged } from '../domain/ports/nsi-provider.js';
import type { Reservation, ReservationVersion } from '../domain/reservation/reservation.js';
import { withoutUserData } from '../domain/vi/without-user-data.js';
import { reviveDates } from '../lib/revive-dates.js';

export type Answer<Shown> =
  | { outcome: 'served'; reservation: Shown }
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

/** What a face shows of a reservation in its answers. */
export type Show<Shown> = (reservation: Reservation) => Shown;

/** All that NSI's answers have. */
export const toAcknowledged: Show<Acknowledged> = ({ connectionId }) => ({ connectionId });

const dateKeys = new Set(['start', 'end', 'holdExpires', 'at', 'createdAt', 'updatedAt']);

/** From what JSON made of it. */
export const fromStoredAnswer = <Shown>(stored: unknown): Answer<Shown> =>
  reviveDates(stored, dateKeys) as Answer<Shown>;

export function toResult<Shown>(answer: Answer<Shown>): Shown {
  if (answer.outcome === 'served') return answer.reservation;
  throw new IrisError(answer.kind, {
    what: answer.what,
    variables: answer.variables,
    connectionId: answer.connectionId,
  });
}

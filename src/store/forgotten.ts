/** Reservations that this database had forgotten and that were found on the nodes. */
import type { EntityManager } from 'typeorm';
import type { NewReservation } from '../domain/ports/store.js';
import type { ReservationVersion } from '../domain/reservation/reservation.js';
import { toPeriod } from './period.js';
import { insertReservation } from './reservations.js';
import type { Session } from './session.js';

/** Its number is not given away again. */
export async function insertForgotten(session: Session, reservation: NewReservation): Promise<void> {
  insertReservation(session, reservation);
  await session.manager.query("SELECT setval('vi_number', $1) FROM vi_number WHERE last_value < $1", [
    reservation.viNumber,
  ]);
}

/** A version that was dropped leaves its number to this one. */
const standingSql = `
  INSERT INTO reservation_version AS v (connection_id, version, state, period, criteria, placed)
  VALUES ($1, $2, $3, $4::tstzrange, $5::jsonb, $6::jsonb)
  ON CONFLICT (connection_id, version) DO UPDATE SET
    state = excluded.state, period = excluded.period, criteria = excluded.criteria, placed = excluded.placed
  WHERE v.state = 'dropped'`;

export async function insertStanding(
  manager: EntityManager,
  connectionId: string,
  { version, criteria, placed, start, end }: Omit<ReservationVersion, 'state'>,
  state: 'committed' | 'replaced',
): Promise<void> {
  await manager.query(standingSql, [
    ...[connectionId, version, state, toPeriod(start, end)],
    ...[JSON.stringify(criteria), JSON.stringify(placed)],
  ]);
}

/** Reservations: their rows, read and written. What they set aside is in holds.ts. */
import type { EntityManager } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import type { Locked, NewReservation, Page, ReservationFilter } from '../domain/ports/store.js';
import type { Reservation } from '../domain/reservation/reservation.js';
import { type LifecycleState, lifecycleStates } from '../domain/reservation/states.js';
import { toPeriod } from './period.js';
import { fromReservationDocument, type ReservationDocument } from './reservation-document.js';
import type { Session, Statement } from './session.js';

type Row = { document: ReservationDocument | null };

const fromRows = (rows: readonly Row[]): Reservation[] =>
  rows.flatMap(({ document }) => (document === null ? [] : [fromReservationDocument(document)]));

const takeNumber: Statement = { name: 'take VI number', text: "SELECT nextval('vi_number')::float8 AS number" };

export async function nextViNumber(session: Session): Promise<number> {
  const [row] = await session.run<{ number: number }>(takeNumber);
  return row!.number;
}

const insertRow: Statement = {
  name: 'insert reservation',
  text: `
    INSERT INTO reservation (connection_id, vi_number, global_reservation_id, description, tenant, requester, auto_provision, terminate_on_release,
      reservation_state, provision_state, lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent,
      requester_nsa, reply_to, service_type)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
};

export function insertReservation(session: Session, { states, nsi, ...reservation }: NewReservation): void {
  const { dataPlane } = states;
  session.write(insertRow, [
    ...[reservation.connectionId, reservation.viNumber, reservation.globalReservationId, reservation.description],
    ...[reservation.tenant, reservation.requester, reservation.autoProvision, reservation.terminateOnRelease],
    ...[states.reservation, states.provision, states.lifecycle],
    ...[dataPlane.active, dataPlane.version, dataPlane.consistent],
    ...[nsi?.requesterNSA, nsi?.replyTo, nsi?.serviceType],
  ]);
}

const lockRow: Statement = {
  name: 'lock reservation',
  text: 'SELECT document, at FROM lock_reservation_at($1)',
};

export async function lockReservation(session: Session, connectionId: string): Promise<Locked> {
  const [row] = await session.run<Row & { at: Date }>(lockRow, [connectionId]);
  return { reservation: fromRows([row!])[0], now: row!.at };
}

export async function findReservation(manager: EntityManager, connectionId: string): Promise<Reservation | undefined> {
  const sql = 'SELECT reservation_document(r) AS document FROM reservation r WHERE r.connection_id = $1';
  return fromRows(await manager.query(sql, [connectionId]))[0];
}

/** The condition is that of the index reservation_live, word for word. */
const liveSql = `
  SELECT reservation_document(r) AS document FROM reservation r
  WHERE r.data_plane_active OR r.provision_state <> 'Released' OR r.lifecycle_state = 'Terminating'
  ORDER BY r.vi_number`;

export async function listLive(manager: EntityManager): Promise<Reservation[]> {
  return fromRows(await manager.query(liveSql));
}

export async function countReservations(manager: EntityManager): Promise<Record<LifecycleState, number>> {
  const rows: { state: LifecycleState; count: number }[] = await manager.query(
    'SELECT lifecycle_state AS state, count(*)::float8 AS count FROM reservation GROUP BY lifecycle_state',
  );
  const counts = new Map(rows.map(({ state, count }) => [state, count]));
  return Object.fromEntries(lifecycleStates.map((state) => [state, counts.get(state) ?? 0])) as Record<
    LifecycleState,
    number
  >;
}

/**
 * The newest first. A page ends at a VI number: numbers rise and are never used again, so pages neither skip nor repeat what there
 * was when the first was asked for.
 */
const toCursor = (viNumber: number): string => Buffer.from(`${viNumber}`).toString('base64url');

/** Below which number a page begins. Throws IrisError for what no page said. */
function fromCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,15}$/.test(text))
    throw new IrisError('payload', { what: `'${cursor}' is no page's next`, variables: { after: cursor } });
  return Number(text);
}

const overlaps = `EXISTS (
  SELECT FROM reservation_version v
  WHERE v.connection_id = r.connection_id AND v.state <> 'dropped' AND v.period && ?::tstzrange)`;

/** Conditions of a filter with their parameters, `?` for each. */
function toConditions(filter: ReservationFilter): [string, unknown][] {
  const { from, to } = filter;
  const period = toPeriod(from ?? new Date(0), to);
  const candidates: [string, unknown][] = [
    ['r.tenant = ?', filter.tenant],
    ['r.connection_id = ANY (?::text[])', filter.connectionIds],
    ['r.vi_number = ANY (?::bigint[])', filter.viNumbers],
    ['r.global_reservation_id = ?', filter.globalReservationId],
    ['r.global_reservation_id = ANY (?::text[])', filter.globalReservationIds],
    ['(r.requester_nsa IS NULL OR r.requester_nsa = ?)', filter.requesterNSA],
    ["date_trunc('milliseconds', r.updated_at) > ?", filter.modifiedSince],
    ['r.reservation_state = ANY (?::text[])', filter.reservationStates],
    ['r.lifecycle_state = ANY (?::text[])', filter.lifecycleStates],
    [overlaps, from === undefined && to === undefined ? undefined : period],
  ];
  return candidates.filter(([, value]) => value !== undefined);
}

export async function listReservations(
  manager: EntityManager,
  filter: ReservationFilter,
  page: Page,
): Promise<{ reservations: Reservation[]; next?: string }> {
  const before: [string, unknown][] = page.after === undefined ? [] : [['r.vi_number < ?', fromCursor(page.after)]];
  const conditions = [...before, ...toConditions(filter)];
  const where = ['true', ...conditions.map(([sql], index) => sql.replace('?', `$${index + 2}`))].join(' AND ');
  const rows: Row[] = await manager.query(
    `SELECT reservation_document(r) AS document FROM reservation r WHERE ${where} ORDER BY r.vi_number DESC LIMIT $1`,
    [page.limit + 1, ...conditions.map(([, value]) => value)],
  );
  const reservations = fromRows(rows.slice(0, page.limit));
  const last = reservations.at(-1);
  return rows.length > page.limit && last !== undefined
    ? { reservations, next: toCursor(last.viNumber) }
    : { reservations };
}

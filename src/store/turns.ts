/** What a turn has changed, in one statement: the reservation's row, its history, its due work, and what there is to tell. */
import type { Messages, Transition, TurnRecord } from '../domain/ports/store.js';
import { scheduleSql } from './due-work.js';
import { outboxColumns, outboxRecord, toOutboxRecord } from './outbox.js';
import type { Session, Statement } from './session.js';

/** Absent things are kept. Names of columns whose values begin at $6. */
const kept = [
  ...['reservation_state', 'provision_state', 'lifecycle_state'],
  ...['data_plane_active', 'data_plane_version', 'data_plane_consistent'],
  ...['reply_to', 'last_notification_id', 'last_result_id'],
];

const changes = `
  WITH patched AS (
    UPDATE reservation SET
      ${kept.map((column, index) => `${column} = coalesce($${6 + index}, ${column})`).join(', ')},
      error_event = CASE WHEN $15::boolean THEN $16::jsonb ELSE error_event END,
      awaited = CASE WHEN $17::boolean THEN $18::jsonb ELSE awaited END,
      updated_at = clock_timestamp()
    WHERE connection_id = $4 AND $5::boolean
  ), cancelled AS (
    DELETE FROM due_work WHERE connection_id = $4 AND kind = ANY ($19::text[])
  ), history AS (
    INSERT INTO history (connection_id, machine, from_state, to_state, asked_by, correlation_id, reason)
    SELECT * FROM unnest($20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[])
  )`;

const telling = `, notifications AS (
    INSERT INTO nsi_notification (connection_id, notification_id, at, kind, message)
    SELECT r.m ->> 'connectionId', (r.m ->> 'notificationId')::bigint, (r.m ->> 'timeStamp')::timestamptz, r.m ->> 'kind', r.m
    FROM jsonb_array_elements($27::jsonb) AS r(m)
  ), results AS (
    INSERT INTO nsi_result (connection_id, result_id, at, correlation_id, kind, message)
    SELECT r."connectionId", r."resultId", r."timeStamp", r."correlationId", r.result ->> 'kind', r.result
    FROM jsonb_to_recordset($28::jsonb) AS r("connectionId" text, "resultId" bigint, "timeStamp" timestamptz, "correlationId" text, result jsonb)
  ), callbacks AS (
    INSERT INTO outbox (${outboxColumns})
    SELECT ${outboxColumns.replaceAll(/\w+/g, (column) => `r.${column}`)}
    FROM ROWS FROM (jsonb_to_recordset($29::jsonb) AS (${outboxRecord})) WITH ORDINALITY
      AS r(${outboxColumns}, position)
    ORDER BY r.position
  )`;

const record: Statement = { name: 'record turn', text: `${changes} ${scheduleSql}` };
const recordAndTell: Statement = { name: 'record turn and tell', text: `${changes} ${telling} ${scheduleSql}` };

const cancel: Statement = {
  name: 'cancel work',
  text: 'DELETE FROM due_work WHERE connection_id = $1 AND kind = ANY ($2::text[])',
};

/** What may be cleared: whether it is said at all, and what it becomes. */
const clearable = (value: unknown): unknown[] => [value !== undefined, value ? JSON.stringify(value) : null];

const toColumns = (transitions: readonly Transition[]): unknown[] => [
  transitions.map(({ connectionId }) => connectionId),
  transitions.map(({ machine }) => machine),
  transitions.map(({ from }) => from),
  transitions.map(({ to }) => to),
  transitions.map(({ by }) => by),
  transitions.map(({ correlationId }) => correlationId ?? null),
  transitions.map(({ reason }) => reason ?? null),
];

const toRecords = ({ notifications, results, callbacks }: Messages): string[] =>
  [notifications, results, callbacks.map(toOutboxRecord)].map((rows) => JSON.stringify(rows));

/** Transitions and callbacks in the order given, which is the order of their ids. */
export function recordTurn(session: Session, connectionId: string, turn: TurnRecord): void {
  const { states, errorEvent, awaited, lastIds, replyTo, transitions = [], cancelled = [], work = [], messages } = turn;
  const patched = [states, errorEvent, awaited, lastIds, replyTo].some((change) => change !== undefined);
  // One statement cannot remove a row and put another in its place.
  const anew = cancelled.filter((kind) => work.some((asked) => asked.kind === kind));
  if (anew.length > 0) session.write(cancel, [connectionId, anew]);
  session.write(messages === undefined ? record : recordAndTell, [
    ...[work.map(({ kind }) => kind), work.map((asked) => asked.connectionId), work.map(({ runAt }) => runAt)],
    ...[connectionId, patched],
    ...[states?.reservation, states?.provision, states?.lifecycle],
    ...[states?.dataPlane?.active, states?.dataPlane?.version, states?.dataPlane?.consistent],
    ...[replyTo, lastIds?.notification, lastIds?.result],
    ...clearable(errorEvent),
    ...clearable(awaited),
    cancelled.filter((kind) => !anew.includes(kind)),
    ...toColumns(transitions),
    ...(messages === undefined ? [] : toRecords(messages)),
  ]);
}

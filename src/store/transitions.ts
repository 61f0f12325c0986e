/** The history of every transition. */
import type { EntityManager } from 'typeorm';
import type { HistoryEntry, Messages, Transition } from '../domain/ports/store.js';
import { HistoryRow } from './entities/history.js';
import { outboxColumns, outboxRecord, toOutboxRecord } from './outbox.js';

const recordSql = `
  INSERT INTO history (connection_id, machine, from_state, to_state, asked_by, correlation_id, reason)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])`;

/** The same, with what there is to tell of them. */
const recordAndTellSql = `
  WITH notifications AS (
    INSERT INTO nsi_notification (connection_id, notification_id, at, kind, message)
    SELECT r.m ->> 'connectionId', (r.m ->> 'notificationId')::bigint, (r.m ->> 'timeStamp')::timestamptz, r.m ->> 'kind', r.m
    FROM jsonb_array_elements($8::jsonb) AS r(m)
  ), results AS (
    INSERT INTO nsi_result (connection_id, result_id, at, correlation_id, kind, message)
    SELECT r."connectionId", r."resultId", r."timeStamp", r."correlationId", r.result ->> 'kind', r.result
    FROM jsonb_to_recordset($9::jsonb) AS r("connectionId" text, "resultId" bigint, "timeStamp" timestamptz, "correlationId" text, result jsonb)
  ), callbacks AS (
    INSERT INTO outbox (${outboxColumns})
    SELECT ${outboxColumns.replaceAll(/\w+/g, (column) => `r.${column}`)}
    FROM ROWS FROM (jsonb_to_recordset($10::jsonb) AS (${outboxRecord})) WITH ORDINALITY
      AS r(${outboxColumns}, position)
    ORDER BY r.position
  )
  ${recordSql}`;

/** In the order given, which is the order of their ids. */
export async function recordTransitions(
  manager: EntityManager,
  transitions: readonly Transition[],
  messages?: Messages,
): Promise<void> {
  if (messages === undefined && transitions.length === 0) return;
  await manager.query(messages === undefined ? recordSql : recordAndTellSql, [
    ...toColumns(transitions),
    ...(messages === undefined
      ? []
      : [messages.notifications, messages.results, messages.callbacks.map(toOutboxRecord)].map((rows) =>
          JSON.stringify(rows),
        )),
  ]);
}

function toColumns(transitions: readonly Transition[]): unknown[] {
  return [
    transitions.map(({ connectionId }) => connectionId),
    transitions.map(({ machine }) => machine),
    transitions.map(({ from }) => from),
    transitions.map(({ to }) => to),
    transitions.map(({ by }) => by),
    transitions.map(({ correlationId }) => correlationId ?? null),
    transitions.map(({ reason }) => reason ?? null),
  ];
}

const toEntry = (row: HistoryRow): HistoryEntry => ({
  connectionId: row.connectionId,
  at: row.at,
  machine: row.machine,
  from: row.fromState,
  to: row.toState,
  by: row.askedBy,
  ...(row.correlationId === null ? {} : { correlationId: row.correlationId }),
  ...(row.reason === null ? {} : { reason: row.reason }),
});

export async function readHistory(manager: EntityManager, connectionId: string): Promise<HistoryEntry[]> {
  const rows = await manager.find(HistoryRow, { where: { connectionId }, order: { id: 'ASC' } });
  return rows.map(toEntry);
}

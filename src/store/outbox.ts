/** Callbacks on their way: queued, claimed under a lease, settled. Judged by the database's clock. */
import type { EntityManager } from 'typeorm';
import type { Callback } from '../domain/nsi/messages.js';
import type { CallbackRoom, ClaimedCallback } from '../domain/ports/store.js';
import { lazily } from './commit-waiting.js';
import { fromStoredMessage } from './message-records.js';

/** As JSON, for `outboxColumns`. */
export const toOutboxRecord = ({ connectionId, requesterNSA, replyTo, correlationId, message }: Callback) => ({
  connection_id: connectionId ?? null,
  requester_nsa: requesterNSA,
  destination: new URL(replyTo).origin,
  reply_to: replyTo,
  correlation_id: correlationId,
  kind: message.kind,
  message,
});

export const outboxColumns = 'connection_id, requester_nsa, destination, reply_to, correlation_id, kind, message';
export const outboxRecord =
  'connection_id text, requester_nsa text, destination text, reply_to text, correlation_id text, kind text, message jsonb';

export async function queueCallback(manager: EntityManager, callback: Callback): Promise<void> {
  await manager.query(
    `INSERT INTO outbox (${outboxColumns}) SELECT ${outboxColumns} FROM jsonb_to_recordset($1::jsonb) AS r(${outboxRecord})`,
    [JSON.stringify([toOutboxRecord(callback)])],
  );
}

/**
 * Lazily: what a crash of the database takes back, a claim or that a message was delivered, makes the message heard twice at worst. Waiting
 * would cost each callback two writes to the disk beside the one that it was stored by. Of a connection only the head: whatever is older and not settled keeps the rest back, also while another process has it. Destinations
 * without room are left out, so that what waits for one never fills the limit; of the others no more than there is room for are taken.
 */
const claimSql = `
  WITH due AS (
    SELECT o.id, o.destination FROM outbox o
    WHERE o.state = 'pending' AND o.run_at <= now() AND (o.locked_until IS NULL OR o.locked_until <= now())
      AND coalesce(($4::jsonb ->> o.destination)::integer, 0) < $5
      AND NOT EXISTS (SELECT FROM outbox e WHERE e.connection_id = o.connection_id AND e.id < o.id AND e.state = 'pending')
    ORDER BY o.run_at
    LIMIT $2
    FOR UPDATE OF o SKIP LOCKED
  ), chosen AS (
    SELECT d.id FROM (SELECT id, destination, row_number() OVER (PARTITION BY destination ORDER BY id) AS place FROM due) d
    WHERE d.place <= $5 - coalesce(($4::jsonb ->> d.destination)::integer, 0)
  )
  UPDATE outbox o
  SET locked_by = $1, locked_until = now() + $3 * interval '1 millisecond', attempts = o.attempts + 1
  FROM chosen, ${lazily} WHERE o.id = chosen.id
  RETURNING o.id, o.connection_id AS "connectionId", o.requester_nsa AS "requesterNSA", o.destination, o.reply_to AS "replyTo",
    o.correlation_id AS "correlationId", o.message, o.attempts,
    (extract(epoch FROM clock_timestamp() - o.created_at) * 1000)::float8 AS "ageMs"`;

type ClaimedRow = Omit<ClaimedCallback, 'connectionId' | 'message'> & {
  connectionId: string | null;
  message: unknown;
};

export async function claimCallbacks(
  manager: EntityManager,
  worker: string,
  { limit, perDestination, taken }: CallbackRoom,
  leaseMs: number,
): Promise<ClaimedCallback[]> {
  const [rows] = (await manager.query(claimSql, [worker, limit, leaseMs, JSON.stringify(taken), perDestination])) as [
    ClaimedRow[],
    number,
  ];
  return rows.map(({ connectionId, message, ...row }) => ({
    ...row,
    ...(connectionId === null ? {} : { connectionId }),
    message: fromStoredMessage(message),
  }));
}

/** Only while it is this worker's: a lease that ran out may have become another's. */
const mine = "state = 'pending' AND locked_by = $1";
const settle = 'settled_at = clock_timestamp(), locked_by = NULL, locked_until = NULL';

export async function deliverCallbacks(manager: EntityManager, worker: string, ids: readonly string[]): Promise<void> {
  await manager.query(
    `UPDATE outbox SET state = 'delivered', last_error = NULL, ${settle} FROM ${lazily} WHERE id = ANY ($2::bigint[]) AND ${mine}`,
    [worker, ids],
  );
}

export async function retryCallback(
  manager: EntityManager,
  worker: string,
  id: string,
  afterMs: number,
  reason: string,
): Promise<void> {
  await manager.query(
    `UPDATE outbox SET run_at = clock_timestamp() + $3 * interval '1 millisecond', last_error = $4, locked_by = NULL, locked_until = NULL
     WHERE id = $2 AND ${mine}`,
    [worker, id, afterMs, reason],
  );
}

export async function abandonCallback(
  manager: EntityManager,
  worker: string,
  { id }: ClaimedCallback,
  reason: string,
): Promise<boolean> {
  const [, abandoned] = (await manager.query(
    `UPDATE outbox SET state = 'undeliverable', last_error = $3, ${settle} WHERE id = $2 AND ${mine}`,
    [worker, id, reason],
  )) as [unknown, number];
  return abandoned === 1;
}

/** What a process has is due again when its lease ends. What waits behind another of its connection comes with that one. */
const nextSql = `
  SELECT (extract(epoch FROM min(greatest(o.run_at, o.locked_until)) - clock_timestamp()) * 1000)::float8 AS ms
  FROM outbox o
  WHERE o.state = 'pending'
    AND NOT EXISTS (SELECT FROM outbox e WHERE e.connection_id = o.connection_id AND e.id < o.id AND e.state = 'pending')`;

export async function nextCallbackMs(manager: EntityManager): Promise<number | undefined> {
  const [{ ms }] = await manager.query(nextSql);
  return ms === null ? undefined : Math.max(0, ms);
}

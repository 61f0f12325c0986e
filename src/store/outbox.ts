/** Callbacks on their way: queued, claimed under a lease, settled. Judged by the database's clock. */
import type { DataSource, EntityManager } from 'typeorm';
import type { Callback } from '../domain/nsi/messages.js';
import type { CallbackRoom, ClaimedCallback } from '../domain/ports/store.js';
import { lazily } from './commit-waiting.js';
import { fromStoredMessage } from './message-records.js';
import { runAlone, type Statement } from './session.js';

export const destinationOf = ({ replyTo }: Callback): string => new URL(replyTo).origin;

/** As JSON, for `outboxColumns`. */
export const toOutboxRecord = (callback: Callback) => ({
  connection_id: callback.connectionId ?? null,
  requester_nsa: callback.requesterNSA,
  destination: destinationOf(callback),
  reply_to: callback.replyTo,
  correlation_id: callback.correlationId,
  kind: callback.message.kind,
  message: callback.message,
});

export const outboxColumns = 'connection_id, requester_nsa, destination, reply_to, correlation_id, kind, message';
export const outboxRecord =
  'connection_id text, requester_nsa text, destination text, reply_to text, correlation_id text, kind text, message jsonb';

/**
 * A row with what callbacks of a connection are queued with: a claim of `worker`, or none. They are claimed where nothing waits that the worker
 * does not have itself (`ahead`), so that nothing is overtaken. The names are those of the parameters.
 */
export const claimedAtOnce = (of: Record<'connectionId' | 'worker' | 'leaseMs' | 'ahead', string>): string => `
  SELECT f.worker, CASE WHEN f.worker IS NULL THEN NULL ELSE clock_timestamp() + ${of.leaseMs} * interval '1 millisecond' END AS until,
    CASE WHEN f.worker IS NULL THEN 0 ELSE 1 END AS attempts
  FROM (
    SELECT CASE WHEN EXISTS (
      SELECT FROM outbox e WHERE e.connection_id = ${of.connectionId} AND e.state = 'pending'
        AND (e.locked_by IS DISTINCT FROM ${of.worker} OR e.id <> ALL (${of.ahead}::bigint[]))
    ) THEN NULL ELSE ${of.worker}::text END AS worker
    -- Looked up once, and not wherever it is used.
    OFFSET 0
  ) AS f`;

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
const claim: Statement = {
  name: 'claim callbacks',
  text: `
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
    (extract(epoch FROM clock_timestamp() - o.created_at) * 1000)::float8 AS "ageMs"`,
};

type ClaimedRow = Omit<ClaimedCallback, 'connectionId' | 'message'> & {
  connectionId: string | null;
  message: unknown;
};

export async function claimCallbacks(
  dataSource: DataSource,
  worker: string,
  { limit, perDestination, taken }: CallbackRoom,
  leaseMs: number,
): Promise<ClaimedCallback[]> {
  const rows = await runAlone<ClaimedRow>(dataSource, claim, [
    ...[worker, limit, leaseMs, JSON.stringify(taken), perDestination],
  ]);
  return rows.map(({ connectionId, message, ...row }) => ({
    ...row,
    ...(connectionId === null ? {} : { connectionId }),
    message: fromStoredMessage(message),
  }));
}

/** Only while it is this worker's: a lease that ran out may have become another's. */
const mine = "state = 'pending' AND locked_by = $1";
const freed = 'locked_by = NULL, locked_until = NULL';
const settle = `settled_at = clock_timestamp(), ${freed}`;

const deliver: Statement = {
  name: 'deliver callbacks',
  text: `UPDATE outbox SET state = 'delivered', last_error = NULL, ${settle} FROM ${lazily} WHERE id = ANY ($2::bigint[]) AND ${mine}`,
};

export async function deliverCallbacks(dataSource: DataSource, worker: string, ids: readonly string[]): Promise<void> {
  await runAlone(dataSource, deliver, [worker, ids]);
}

const retry: Statement = {
  name: 'retry callback',
  text: `UPDATE outbox SET run_at = clock_timestamp() + $3 * interval '1 millisecond', last_error = $4, ${freed} WHERE id = $2 AND ${mine}`,
};

export async function retryCallback(
  dataSource: DataSource,
  worker: string,
  id: string,
  afterMs: number,
  reason: string,
): Promise<void> {
  await runAlone(dataSource, retry, [worker, id, afterMs, reason]);
}

const giveBack: Statement = {
  name: 'return callbacks',
  text: `UPDATE outbox SET attempts = attempts - 1, ${freed} WHERE id = ANY ($2::bigint[]) AND ${mine}`,
};

export async function returnCallbacks(dataSource: DataSource, worker: string, ids: readonly string[]): Promise<void> {
  await runAlone(dataSource, giveBack, [worker, ids]);
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
const next: Statement = {
  name: 'next callback',
  text: `
  SELECT (extract(epoch FROM min(greatest(o.run_at, o.locked_until)) - clock_timestamp()) * 1000)::float8 AS ms
  FROM outbox o
  WHERE o.state = 'pending'
    AND NOT EXISTS (SELECT FROM outbox e WHERE e.connection_id = o.connection_id AND e.id < o.id AND e.state = 'pending')`,
};

export async function nextCallbackMs(dataSource: DataSource): Promise<number | undefined> {
  const [row] = await runAlone<{ ms: number | null }>(dataSource, next);
  return row?.ms == null ? undefined : Math.max(0, row.ms);
}

/** Work that is due at a time: scheduled, claimed under a lease, finished or put off. Judged by the database's clock. */
import type { EntityManager } from 'typeorm';
import { type ClaimedWork, type DueWork, type DueWorkKind, dueWorkKinds } from '../domain/ports/store.js';
import type { Session, Statement } from './session.js';

/**
 * Work of arrays $1 (kinds), $2 (connection ids) and $3 (times). The earlier time wins; while a worker has it, the wish is kept beside the
 * claim. Sorted, so that two sessions cannot deadlock.
 */
export const scheduleSql = `
  INSERT INTO due_work AS w (kind, connection_id, run_at)
  SELECT kind, connection_id, min(run_at) FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS wanted(kind, connection_id, run_at)
  GROUP BY kind, connection_id
  ORDER BY kind, connection_id
  ON CONFLICT (kind, connection_id) DO UPDATE SET
    run_at = CASE WHEN w.locked_by IS NULL THEN least(w.run_at, excluded.run_at) ELSE w.run_at END,
    asked_again_at = CASE WHEN w.locked_by IS NULL THEN NULL ELSE least(w.asked_again_at, excluded.run_at) END`;

const schedule: Statement = { name: 'schedule work', text: scheduleSql };

export function scheduleWork(session: Session, work: readonly DueWork[]): void {
  if (work.length === 0) return;
  session.write(schedule, [
    work.map(({ kind }) => kind),
    work.map(({ connectionId }) => connectionId),
    work.map(({ runAt }) => runAt),
  ]);
}

const claimSql = `
  WITH due AS (
    SELECT kind, connection_id FROM due_work
    WHERE run_at <= now() AND (locked_until IS NULL OR locked_until <= now()) AND kind = ANY ($4::text[])
    ORDER BY run_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  )
  UPDATE due_work w
  SET locked_by = $1, locked_until = now() + $3 * interval '1 millisecond', attempts = w.attempts + 1
  FROM due
  WHERE w.kind = due.kind AND w.connection_id = due.connection_id
  RETURNING w.kind, w.connection_id AS "connectionId", w.run_at AS "runAt", w.attempts`;

export async function claimWork(
  manager: EntityManager,
  worker: string,
  limit: number,
  leaseMs: number,
  kinds: readonly DueWorkKind[] = dueWorkKinds,
): Promise<ClaimedWork[]> {
  const [rows] = (await manager.query(claimSql, [worker, limit, leaseMs, kinds])) as [ClaimedWork[], number];
  return rows.sort((a, b) => a.runAt.getTime() - b.runAt.getTime());
}

/** Only the present claim counts: a worker whose lease ran out finds that the number of attempts has moved on. */
const mine = 'kind = $1 AND connection_id = $2 AND locked_by = $3 AND attempts = $4';

/** The lock comes first: a wish that is being written at this moment is waited for and seen by both branches, or by neither. */
const finishSql = `
  WITH claimed AS MATERIALIZED (SELECT kind, connection_id, asked_again_at FROM due_work WHERE ${mine} FOR UPDATE),
  finished AS (
    DELETE FROM due_work w USING claimed c
    WHERE w.kind = c.kind AND w.connection_id = c.connection_id AND c.asked_again_at IS NULL
  )
  UPDATE due_work w SET run_at = c.asked_again_at, asked_again_at = NULL, attempts = 0, locked_by = NULL, locked_until = NULL
  FROM claimed c
  WHERE w.kind = c.kind AND w.connection_id = c.connection_id AND c.asked_again_at IS NOT NULL`;

export async function finishWork(manager: EntityManager, worker: string, work: ClaimedWork): Promise<void> {
  await manager.query(finishSql, [work.kind, work.connectionId, worker, work.attempts]);
}

const retrySql = `
  UPDATE due_work SET run_at = least(asked_again_at, $5), asked_again_at = NULL, locked_by = NULL, locked_until = NULL
  WHERE ${mine}`;

export async function retryWork(manager: EntityManager, worker: string, work: ClaimedWork, runAt: Date): Promise<void> {
  await manager.query(retrySql, [work.kind, work.connectionId, worker, work.attempts, runAt]);
}

const renewSql = `UPDATE due_work SET locked_until = now() + $5 * interval '1 millisecond' WHERE ${mine} AND locked_until > now()`;

export async function renewWork(manager: EntityManager, worker: string, work: ClaimedWork, leaseMs: number) {
  const [, renewed] = await manager.query(renewSql, [work.kind, work.connectionId, worker, work.attempts, leaseMs]);
  return renewed === 1;
}

/** What a worker has was due when it was claimed, so that both are looked up at the beginning of the index on run_at. */
const nextDueSql = `
  SELECT least(
    (SELECT run_at FROM due_work WHERE locked_until IS NULL AND kind = ANY ($1::text[]) ORDER BY run_at LIMIT 1),
    (SELECT min(greatest(run_at, locked_until)) FROM due_work WHERE locked_until IS NOT NULL AND run_at <= now() AND kind = ANY ($1::text[]))) AS next`;

export async function nextDue(
  manager: EntityManager,
  kinds: readonly DueWorkKind[] = dueWorkKinds,
): Promise<Date | undefined> {
  const [{ next }] = await manager.query(nextDueSql, [kinds]);
  return next ?? undefined;
}

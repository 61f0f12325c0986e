/** Removes what has been kept for long enough, a small batch at a time; several processes may do so at once. By the database's clock. */
import type { EntityManager } from 'typeorm';

export async function pruneHistory(manager: EntityManager, days: number, most: number): Promise<number> {
  const [{ pruned }] = await manager.query(
    "SELECT prune_history(now() - $1 * interval '1 day', $2)::float8 AS pruned",
    [days, most],
  );
  return pruned;
}

const pruneRequestsSql = `
  DELETE FROM request WHERE ctid IN (
    SELECT ctid FROM request WHERE created_at < now() - $1 * interval '1 day'
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`;

export async function pruneRequests(manager: EntityManager, days: number, most: number): Promise<number> {
  const [, pruned] = (await manager.query(pruneRequestsSql, [days, most])) as [unknown, number];
  return pruned;
}

/** What is still of use to somebody stays, however old: of a reservation that is not over, and what has not been delivered. */
const pruneRecordsSql = (table: 'nsi_notification' | 'nsi_result') => `
  DELETE FROM ${table} WHERE ctid IN (
    SELECT m.ctid FROM ${table} m JOIN reservation r ON r.connection_id = m.connection_id
    WHERE m.at < now() - $1 * interval '1 day' AND r.lifecycle_state IN ('PassedEndTime', 'Terminated')
    ORDER BY m.at LIMIT $2 FOR UPDATE OF m SKIP LOCKED)`;

const pruneOutboxSql = `
  DELETE FROM outbox WHERE ctid IN (
    SELECT ctid FROM outbox WHERE state <> 'pending' AND settled_at < now() - $1 * interval '1 day'
    ORDER BY settled_at LIMIT $2 FOR UPDATE SKIP LOCKED)`;

/** The largest number that any of the three gave up. */
export async function pruneMessages(manager: EntityManager, days: number, most: number): Promise<number> {
  let largest = 0;
  for (const sql of [pruneRecordsSql('nsi_notification'), pruneRecordsSql('nsi_result'), pruneOutboxSql]) {
    const [, pruned] = (await manager.query(sql, [days, most])) as [unknown, number];
    largest = Math.max(largest, pruned);
  }
  return largest;
}

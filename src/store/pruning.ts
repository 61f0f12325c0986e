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

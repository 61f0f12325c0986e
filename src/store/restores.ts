/**
 * Whether this database is the one that the nodes were built from: what PostgreSQL says it is, the rounds counted per node, and an
 * operator's word where the two say no.
 */
import type { EntityManager } from 'typeorm';
import type { NodeRound, RestoredDatabase } from '../domain/ports/store.js';

/** A cluster has one identifier for its life. A role that may not ask for it does without. */
async function readCluster(manager: EntityManager): Promise<string> {
  const [{ may }] = await manager.query("SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may");
  if (!may) return '-';
  const [{ id }] = await manager.query('SELECT system_identifier::text AS id FROM pg_control_system()');
  return id;
}

/** Other numbers after a dump was restored, into another database or into this one. */
async function readIdentity(manager: EntityManager): Promise<string> {
  const [{ database, table }] = await manager.query(
    `SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database,
       'site_instance'::regclass::oid::text AS table`,
  );
  return `cluster ${await readCluster(manager)}, database ${database}, table ${table}`;
}

/** The first time, and after an upgrade from a version that did not ask, there is nothing to compare with. */
export async function noteIdentity(manager: EntityManager): Promise<void> {
  await manager.query('UPDATE site_instance SET database_identity = $1 WHERE database_identity IS NULL', [
    await readIdentity(manager),
  ]);
}

export async function isSameDatabase(manager: EntityManager): Promise<boolean> {
  const [{ known }] = await manager.query('SELECT database_identity AS known FROM site_instance');
  return known === null || known === (await readIdentity(manager));
}

/**
 * Numbers of VIs that were given away after the backup are on the nodes, in flow cookies: none of them may be given away again. A restore
 * leaves this many out, of four thousand million.
 */
const viNumbersLeftOut = 1_000_000;

const suspectSql = `
  WITH suspected AS (
    UPDATE site_instance SET restored_since = clock_timestamp(), restored_reason = $1 WHERE restored_since IS NULL RETURNING 1
  )
  SELECT setval('vi_number', least(nextval('vi_number') + ${viNumbersLeftOut}, 4294967295)) FROM suspected`;

const isAheadSql = `
  SELECT FROM unnest($1::text[], $2::bigint[]) AS seen(node, round) LEFT JOIN node_round n ON n.node = seen.node
  WHERE seen.round > coalesce(n.round, 0) LIMIT 1`;

/** The first reason stays. Looked at again under the lock that `acceptDatabase` takes: what has just been accepted is no news. */
export function suspectRestore(manager: EntityManager, reason: string, seen: readonly NodeRound[]): Promise<boolean> {
  return manager.transaction(async (transaction) => {
    await transaction.query('SELECT FROM site_instance FOR UPDATE');
    const ahead = await transaction.query(isAheadSql, [seen.map(({ node }) => node), seen.map(({ round }) => round)]);
    if (ahead.length === 0 && (await isSameDatabase(transaction))) return false;
    return (await transaction.query(suspectSql, [reason])).length > 0;
  });
}

export async function restoredDatabase(
  manager: EntityManager,
  connectionId?: string,
): Promise<RestoredDatabase | undefined> {
  const [found] = await manager.query(
    `SELECT s.restored_since AS since, s.restored_reason AS reason, r.created_at < s.restored_since AS older
     FROM site_instance s LEFT JOIN reservation r ON r.connection_id = $1
     WHERE s.restored_since IS NOT NULL`,
    [connectionId ?? null],
  );
  return found && { since: found.since, reason: found.reason, isOlder: found.older ?? true };
}

export async function nodeRounds(manager: EntityManager): Promise<NodeRound[]> {
  return manager.query('SELECT node, round::float8 AS round FROM node_round');
}

const countSql = `
  INSERT INTO node_round AS n (node, round) SELECT node, 1 FROM unnest($1::text[]) AS of_round(node) ORDER BY node
  ON CONFLICT (node) DO UPDATE SET round = n.round + 1
  RETURNING node, round::float8 AS round`;

export async function countRound(manager: EntityManager, nodes: readonly string[]): Promise<NodeRound[]> {
  return manager.query(countSql, [[...new Set(nodes)]]);
}

const raiseSql = `
  INSERT INTO node_round AS n (node, round)
  SELECT node, round FROM unnest($1::text[], $2::bigint[]) AS seen(node, round) ORDER BY node
  ON CONFLICT (node) DO UPDATE SET round = greatest(n.round, excluded.round)`;

/** From now on nodes with these numbers know no more than this database. */
export async function acceptDatabase(manager: EntityManager, by: string, seen: readonly NodeRound[]): Promise<void> {
  await manager.transaction(async (transaction) => {
    await transaction.query('SELECT FROM site_instance FOR UPDATE');
    await transaction.query(raiseSql, [seen.map(({ node }) => node), seen.map(({ round }) => round)]);
    await transaction.query(
      `UPDATE site_instance SET restored_since = NULL, restored_reason = NULL, database_identity = $1,
         accepted_at = clock_timestamp(), accepted_by = $2`,
      [await readIdentity(transaction), by],
    );
  });
}

const noteOrphansSql = `
  WITH seen AS (SELECT DISTINCT node, what FROM unnest($1::text[], $2::text[]) AS o(node, what)),
  gone AS (DELETE FROM orphan o WHERE NOT EXISTS (SELECT FROM seen s WHERE s.node = o.node AND s.what = o.what))
  INSERT INTO orphan AS o (node, what) SELECT node, what FROM seen ORDER BY node, what
  ON CONFLICT (node, what) DO UPDATE SET seen_since = o.seen_since
  RETURNING node, what, seen_since AS since`;

/** Since when each of them has been seen; what is not seen any more is forgotten. */
export function noteOrphans(
  manager: EntityManager,
  seen: readonly { node: string; what: string }[],
): Promise<{ node: string; what: string; since: Date }[]> {
  return manager.query(noteOrphansSql, [seen.map(({ node }) => node), seen.map(({ what }) => what)]);
}

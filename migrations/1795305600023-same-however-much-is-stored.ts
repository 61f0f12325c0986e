/**
 * What a cycle asks of the database costs the same however much is stored.
 *
 * - Of a range PostgreSQL guesses that it meets a hundredth of all rows, whichever it is. So a plan for any values looks dear where
 *   much is stored, and it made another for every call, which takes longer than running it.
 * - What has been freed stays in an index until it is vacuumed, or until an index scan has met it: a bitmap scan reads it again each time.
 *   Where much is stored, vacuuming begins late.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Planned once a session, for any values; by indexes, which are plain scans of them. */
const settings = `
  SET plan_cache_mode = force_generic_plan
  SET enable_bitmapscan = off
  SET random_page_cost = 1`;

/** As before; a running sum takes all changes at one instant together by itself, and of other nodes only the cordoned are looked for. */
const replaceLoadedNodes = `
  CREATE OR REPLACE FUNCTION loaded_nodes(during tstzrange, leaving_out text DEFAULT NULL)
  RETURNS TABLE (node text, cpus bigint, memory_mib bigint, disk_gib bigint, cordoned boolean) LANGUAGE plpgsql STABLE ${settings} AS $$
  BEGIN
    RETURN QUERY
    WITH live AS MATERIALIZED (
      SELECT a.node, a.connection_id, greatest(lower(a.period), lower(during)) AS since, least(upper(a.period), upper(during)) AS until,
        a.cpus, a.memory_mib, a.disk_gib, count(*) OVER (PARTITION BY a.connection_id, a.node) > 1 AS several
      FROM node_allocation a
      WHERE a.period && during AND a.connection_id IS DISTINCT FROM leaving_out
    ), instant AS (
      SELECT l.node, l.connection_id, l.since AS at FROM live l WHERE l.several
      UNION
      SELECT l.node, l.connection_id, l.until FROM live l WHERE l.several AND l.until IS NOT NULL
    ), level AS (
      SELECT i.node, i.connection_id, i.at,
        coalesce(max(l.cpus), 0) AS cpus, coalesce(max(l.memory_mib), 0) AS memory_mib, coalesce(max(l.disk_gib), 0) AS disk_gib
      FROM instant i
      LEFT JOIN live l ON l.node = i.node AND l.connection_id = i.connection_id AND l.since <= i.at AND (l.until IS NULL OR l.until > i.at)
      GROUP BY i.node, i.connection_id, i.at
    ), step AS (
      SELECT l.node, l.since AS at, l.cpus, l.memory_mib, l.disk_gib FROM live l WHERE NOT l.several
      UNION ALL
      SELECT l.node, l.until, -l.cpus, -l.memory_mib, -l.disk_gib FROM live l WHERE NOT l.several AND l.until IS NOT NULL
      UNION ALL
      SELECT l.node, l.at,
        l.cpus - lag(l.cpus, 1, 0) OVER own, l.memory_mib - lag(l.memory_mib, 1, 0) OVER own, l.disk_gib - lag(l.disk_gib, 1, 0) OVER own
      FROM level l
      WINDOW own AS (PARTITION BY l.node, l.connection_id ORDER BY l.at)
    ), running AS (
      SELECT s.node, sum(s.cpus) OVER so_far AS cpus, sum(s.memory_mib) OVER so_far AS memory_mib, sum(s.disk_gib) OVER so_far AS disk_gib
      FROM step s
      WINDOW so_far AS (PARTITION BY s.node ORDER BY s.at)
    ), peak AS (
      SELECT r.node, max(r.cpus) AS cpus, max(r.memory_mib) AS memory_mib, max(r.disk_gib) AS disk_gib
      FROM running r GROUP BY r.node
    ), closed AS (
      SELECT n.node FROM node n WHERE n.cordoned_at IS NOT NULL
    )
    SELECT coalesce(p.node, c.node), coalesce(p.cpus, 0), coalesce(p.memory_mib, 0), coalesce(p.disk_gib, 0), c.node IS NOT NULL
    FROM peak p FULL JOIN closed c ON c.node = p.node
    ORDER BY 1;
  END $$`;

const settle = (guard: string): string => `ALTER FUNCTION ${guard}() ${settings}`;

export class SameHoweverMuchIsStored1795305600023 implements MigrationInterface {
  name = 'SameHoweverMuchIsStored1795305600023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(replaceLoadedNodes);
    await runner.query(settle('guard_node_allocation'));
    await runner.query(settle('guard_stp_allocation'));
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

/** What a reservation's cycle asks the database, asked in fewer words; and peaks that look only at what stands in the time they are asked for. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createLock = `
  CREATE FUNCTION lock_reservation_at(wanted text, OUT document jsonb, OUT at timestamptz) LANGUAGE plpgsql VOLATILE AS $$
  BEGIN
    document := lock_reservation(wanted);
    at := clock_timestamp();
  END $$;
  COMMENT ON FUNCTION lock_reservation_at IS 'Locks a reservation as lock_reservation does, and says what time it is once the lock is had.';
`;

/**
 * As peak_allocated, for all nodes at once: what stands in the time comes out of the index on periods, however many nodes there are
 * and however much is stored for other times. Only reservations with several versions need their levels compared.
 */
const createLoadedNodes = `
  CREATE INDEX node_allocation_period ON node_allocation USING gist (period);

  CREATE FUNCTION loaded_nodes(during tstzrange, leaving_out text DEFAULT NULL)
  RETURNS TABLE (node text, cpus bigint, memory_mib bigint, disk_gib bigint, cordoned boolean) LANGUAGE sql STABLE AS $$
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
      SELECT s.node,
        sum(sum(s.cpus)) OVER so_far AS cpus, sum(sum(s.memory_mib)) OVER so_far AS memory_mib, sum(sum(s.disk_gib)) OVER so_far AS disk_gib
      FROM step s
      GROUP BY s.node, s.at
      WINDOW so_far AS (PARTITION BY s.node ORDER BY s.at)
    ), peak AS (
      SELECT r.node, max(r.cpus)::bigint AS cpus, max(r.memory_mib)::bigint AS memory_mib, max(r.disk_gib)::bigint AS disk_gib
      FROM running r GROUP BY r.node
    )
    SELECT n.node, coalesce(p.cpus, 0), coalesce(p.memory_mib, 0), coalesce(p.disk_gib, 0), n.cordoned_at IS NOT NULL
    FROM node n
    LEFT JOIN peak p ON p.node = n.node
    WHERE p.node IS NOT NULL OR n.cordoned_at IS NOT NULL
    ORDER BY n.node
  $$;
  COMMENT ON FUNCTION loaded_nodes IS
    'Nodes that have anything allocated in a period, with the most that it is at any instant, and those that are cordoned.';
`;

/** How far ahead workers hear of work. They look at least every five seconds, so that what is due later is found in time by looking. */
const announceWhatIsSoon = `
  CREATE OR REPLACE FUNCTION announce_due_work() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('due_work', '');
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION announce_due_work IS
    'Wakes the workers of every process when work has been scheduled that is due within a minute; for later work they look by themselves.';

  DROP TRIGGER due_work_announce ON due_work;
  CREATE TRIGGER due_work_announce AFTER INSERT ON due_work
    FOR EACH ROW WHEN (NEW.run_at < now() + interval '1 minute') EXECUTE FUNCTION announce_due_work();
  CREATE TRIGGER due_work_announce_sooner AFTER UPDATE OF run_at, asked_again_at ON due_work
    FOR EACH ROW WHEN (NEW.locked_by IS NULL AND OLD.locked_by IS NULL AND NEW.run_at < now() + interval '1 minute')
    EXECUTE FUNCTION announce_due_work();
`;

export class QuickCycle1795305600014 implements MigrationInterface {
  name = 'QuickCycle1795305600014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createLock);
    await runner.query(createLoadedNodes);
    await runner.query(announceWhatIsSoon);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

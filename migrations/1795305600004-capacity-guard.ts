/** Capacity of nodes over time, and the guard that keeps its sum within what the node has (docs/adr/capacity-guard.md). */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTable = `
  CREATE TABLE node_allocation (
    connection_id text NOT NULL,
    version integer NOT NULL,
    node text NOT NULL,
    vms integer NOT NULL,
    cpus integer NOT NULL,
    memory_mib integer NOT NULL,
    disk_gib integer NOT NULL,
    period tstzrange NOT NULL,
    CONSTRAINT node_allocation_pk PRIMARY KEY (connection_id, version, node),
    CONSTRAINT node_allocation_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version),
    CONSTRAINT node_allocation_on_node FOREIGN KEY (node) REFERENCES node (node),
    CONSTRAINT node_allocation_not_negative CHECK (vms >= 0 AND cpus >= 0 AND memory_mib >= 0 AND disk_gib >= 0),
    CONSTRAINT node_allocation_period CHECK (NOT isempty(period) AND NOT lower_inf(period))
  );
  CREATE INDEX node_allocation_node_period ON node_allocation USING gist (node, period);
`;

/**
 * The peak is found by a sweep over the instants at which anything changes. A reservation counts at each instant with the
 * maximum over its versions, never their sum: while a modify is held, old and new stand for the same VMs.
 */
const createPeak = `
  CREATE FUNCTION peak_allocated(of_nodes text[], during tstzrange, leaving_out text DEFAULT NULL)
  RETURNS TABLE (node text, cpus bigint, memory_mib bigint, disk_gib bigint) LANGUAGE sql STABLE AS $$
    WITH live AS MATERIALIZED (
      SELECT a.node, a.connection_id, a.period * during AS period, a.cpus, a.memory_mib, a.disk_gib
      FROM unnest(of_nodes) AS wanted(node)
      JOIN node_allocation a ON a.node = wanted.node AND a.period && during
      WHERE a.connection_id IS DISTINCT FROM leaving_out
    ), instant AS (
      SELECT l.node, l.connection_id, lower(l.period) AS at FROM live l
      UNION
      SELECT l.node, l.connection_id, upper(l.period) FROM live l WHERE NOT upper_inf(l.period)
    ), level AS (
      SELECT i.node, i.connection_id, i.at,
        coalesce(max(l.cpus), 0) AS cpus, coalesce(max(l.memory_mib), 0) AS memory_mib, coalesce(max(l.disk_gib), 0) AS disk_gib
      FROM instant i
      LEFT JOIN live l ON l.node = i.node AND l.connection_id = i.connection_id AND l.period @> i.at
      GROUP BY i.node, i.connection_id, i.at
    ), step AS (
      SELECT l.node, l.at,
        l.cpus - lag(l.cpus, 1, 0) OVER own AS cpus,
        l.memory_mib - lag(l.memory_mib, 1, 0) OVER own AS memory_mib,
        l.disk_gib - lag(l.disk_gib, 1, 0) OVER own AS disk_gib
      FROM level l
      WINDOW own AS (PARTITION BY l.node, l.connection_id ORDER BY l.at)
    ), running AS (
      SELECT s.node,
        sum(sum(s.cpus)) OVER so_far AS cpus,
        sum(sum(s.memory_mib)) OVER so_far AS memory_mib,
        sum(sum(s.disk_gib)) OVER so_far AS disk_gib
      FROM step s
      GROUP BY s.node, s.at
      WINDOW so_far AS (PARTITION BY s.node ORDER BY s.at)
    )
    SELECT r.node, max(r.cpus)::bigint, max(r.memory_mib)::bigint, max(r.disk_gib)::bigint FROM running r GROUP BY r.node
  $$;
  COMMENT ON FUNCTION peak_allocated IS
    'The most that is allocated on each of these nodes at any instant of a period; of the versions of one reservation the maximum counts.';
`;

/**
 * Updating the node's row before reading is what makes this hold at every isolation level: two sessions queue on the row; at
 * READ COMMITTED the second then reads what the first left, at the stricter levels it fails with a serialization failure.
 */
const createGuard = `
  CREATE FUNCTION shortage_of(of_nodes text[], during tstzrange) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('node', n.node, 'resource', r.resource, 'capacity', r.capacity, 'peak', r.peak) ORDER BY n.node, r.resource)
    FROM peak_allocated(of_nodes, during) p
    JOIN node n ON n.node = p.node
    CROSS JOIN LATERAL (VALUES ('cpus', n.cpus, p.cpus), ('memoryMiB', n.memory_mib, p.memory_mib), ('diskGiB', n.disk_gib, p.disk_gib))
      AS r(resource, capacity, peak)
    WHERE r.peak > r.capacity
  $$;
  COMMENT ON FUNCTION shortage_of IS 'Which of these nodes would have promised more than they have, and of what; null if none.';

  CREATE FUNCTION guard_node_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    affected text[];
    during tstzrange;
    shortage jsonb;
  BEGIN
    SELECT array_agg(DISTINCT c.node ORDER BY c.node), range_merge(range_agg(c.period)) INTO affected, during FROM changed c;
    IF affected IS NULL THEN
      RETURN NULL;
    END IF;
    PERFORM 1 FROM node n WHERE n.node = ANY (affected) ORDER BY n.node FOR NO KEY UPDATE;
    UPDATE node SET allocation_changes = allocation_changes + 1 WHERE node.node = ANY (affected);
    shortage := shortage_of(affected, during);
    IF shortage IS NOT NULL THEN
      RAISE EXCEPTION 'node capacity exceeded'
        USING ERRCODE = 'IR705', DETAIL = shortage::text, TABLE = 'node_allocation', CONSTRAINT = 'node_capacity';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_node_allocation IS 'Refuses allocations beyond what a node has (SQLSTATE IR705).';

  CREATE TRIGGER node_allocation_guard_insert AFTER INSERT ON node_allocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard_node_allocation();
  CREATE TRIGGER node_allocation_guard_update AFTER UPDATE ON node_allocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard_node_allocation();

  CREATE FUNCTION guard_node_lowering() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    shortage jsonb := shortage_of(ARRAY[NEW.node], tstzrange(now(), NULL));
  BEGIN
    IF shortage IS NOT NULL THEN
      RAISE EXCEPTION 'node capacity lowered below what is promised'
        USING ERRCODE = 'IR705', DETAIL = shortage::text, TABLE = 'node', CONSTRAINT = 'node_capacity';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_node_lowering IS 'Refuses to lower a node below what is promised on it (SQLSTATE IR705).';

  CREATE TRIGGER node_guard_lowering AFTER UPDATE OF cpus, memory_mib, disk_gib ON node
    FOR EACH ROW WHEN (NEW.cpus < OLD.cpus OR NEW.memory_mib < OLD.memory_mib OR NEW.disk_gib < OLD.disk_gib)
    EXECUTE FUNCTION guard_node_lowering();
`;

export class CapacityGuard1795305600004 implements MigrationInterface {
  name = 'CapacityGuard1795305600004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTable);
    await runner.query(createPeak);
    await runner.query(createGuard);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

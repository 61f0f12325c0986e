/** Nodes on which nothing new is placed: said by an operator, kept over restarts, and held to by the guard itself. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const addColumns = `
  ALTER TABLE node
    ADD COLUMN cordoned_at timestamptz,
    ADD COLUMN cordoned_by text,
    ADD CONSTRAINT node_cordoned_by_somebody CHECK ((cordoned_at IS NULL) = (cordoned_by IS NULL));

  CREATE OR REPLACE VIEW nodes AS
    SELECT n.node, n.cpus, n.memory_mib, n.disk_gib, n.cordoned_at, n.cordoned_by FROM node n;
  COMMENT ON COLUMN nodes.cordoned_at IS 'Since when nothing new is placed on it; null if it is open.';
  COMMENT ON COLUMN nodes.cordoned_by IS 'Who cordoned it.';
`;

/** As before, and a reservation comes to a cordoned node only if it has something there already. */
const extendGuard = `
  CREATE OR REPLACE FUNCTION guard_node_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    affected text[];
    during tstzrange;
    cordoned text[];
    closed text;
    shortage jsonb;
  BEGIN
    SELECT array_agg(DISTINCT c.node ORDER BY c.node), range_merge(range_agg(c.period)) INTO affected, during FROM changed c;
    IF affected IS NULL THEN
      RETURN NULL;
    END IF;
    PERFORM 1 FROM node n WHERE n.node = ANY (affected) ORDER BY n.node FOR NO KEY UPDATE;
    WITH counted AS (
      UPDATE node SET allocation_changes = allocation_changes + 1 WHERE node.node = ANY (affected) RETURNING node.node, node.cordoned_at
    )
    SELECT array_agg(counted.node) FILTER (WHERE counted.cordoned_at IS NOT NULL) INTO cordoned FROM counted;
    IF cordoned IS NOT NULL THEN
      SELECT string_agg(DISTINCT c.node, ',' ORDER BY c.node) INTO closed FROM changed c
      WHERE c.node = ANY (cordoned) AND NOT EXISTS (
        SELECT FROM node_allocation a WHERE a.node = c.node AND a.connection_id = c.connection_id AND a.version <> c.version);
      IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'node is cordoned'
          USING ERRCODE = 'IR706', DETAIL = closed, TABLE = 'node_allocation', CONSTRAINT = 'node_cordoned';
      END IF;
    END IF;
    shortage := shortage_of(affected, during);
    IF shortage IS NOT NULL THEN
      RAISE EXCEPTION 'node capacity exceeded'
        USING ERRCODE = 'IR705', DETAIL = shortage::text, TABLE = 'node_allocation', CONSTRAINT = 'node_capacity';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_node_allocation IS
    'Refuses allocations beyond what a node has (SQLSTATE IR705), and new ones on a cordoned node (SQLSTATE IR706).';
`;

export class CordonedNodes1795305600008 implements MigrationInterface {
  name = 'CordonedNodes1795305600008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(addColumns);
    await runner.query(extendGuard);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

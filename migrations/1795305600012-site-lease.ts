/** Several processes on one database: who they are, which of them may change nodes, and whom each switch has accepted as its master. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE TABLE process (
    process uuid NOT NULL,
    name text NOT NULL,
    controllers jsonb NOT NULL,
    session_pid integer NOT NULL,
    session_started timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT process_pk PRIMARY KEY (process)
  );

  CREATE TABLE site_lease (
    singleton boolean NOT NULL DEFAULT true,
    owner uuid,
    generation bigint NOT NULL DEFAULT 0,
    taken_at timestamptz,
    expires_at timestamptz,
    CONSTRAINT site_lease_pk PRIMARY KEY (singleton),
    CONSTRAINT site_lease_only_one CHECK (singleton),
    CONSTRAINT site_lease_until CHECK ((owner IS NULL) = (expires_at IS NULL))
  );
  INSERT INTO site_lease DEFAULT VALUES;

  CREATE TABLE switch_master (
    node text NOT NULL,
    process uuid NOT NULL,
    generation bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT switch_master_pk PRIMARY KEY (node)
  );
`;

/** A lease that went back to an older generation would let a process act that has lost it. */
const guardGeneration = `
  CREATE FUNCTION guard_generation() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.generation < OLD.generation OR (NEW.owner IS NOT NULL AND NEW.owner IS DISTINCT FROM OLD.owner AND NEW.generation = OLD.generation) THEN
      RAISE EXCEPTION 'the generation of the site lease only grows' USING ERRCODE = 'IR101', TABLE = 'site_lease';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_generation IS 'Keeps the generation of the site lease growing whenever it changes hands (SQLSTATE IR101).';
  CREATE TRIGGER site_lease_generation AFTER UPDATE ON site_lease FOR EACH ROW EXECUTE FUNCTION guard_generation();
`;

const createViews = `
  CREATE VIEW processes AS
    SELECT p.process, p.name, p.started_at, p.seen_at, coalesce(l.owner = p.process, false) AS has_lease,
      CASE WHEN l.owner = p.process THEN l.generation END AS generation, CASE WHEN l.owner = p.process THEN l.expires_at END AS lease_until
    FROM process p CROSS JOIN site_lease l;
  COMMENT ON VIEW processes IS 'Iris processes on this database, and which of them has the site’s lease.';
  COMMENT ON COLUMN processes.process IS 'Id of the process, made at its start.';
  COMMENT ON COLUMN processes.name IS 'Its name, from the site file or the host.';
  COMMENT ON COLUMN processes.started_at IS 'When it started.';
  COMMENT ON COLUMN processes.seen_at IS 'When it last said that it lives.';
  COMMENT ON COLUMN processes.has_lease IS 'Whether it is the one that changes nodes.';
  COMMENT ON COLUMN processes.generation IS 'Generation of its lease, which switches know it by.';
  COMMENT ON COLUMN processes.lease_until IS 'When the lease ends unless it is renewed.';

  CREATE VIEW switch_masters AS
    SELECT m.node, p.name AS process, m.generation, m.since
    FROM switch_master m JOIN process p ON p.process = m.process;
  COMMENT ON VIEW switch_masters IS 'Which process each switch has last accepted as its master controller.';
  COMMENT ON COLUMN switch_masters.node IS 'Node of the switch.';
  COMMENT ON COLUMN switch_masters.process IS 'Name of the process.';
  COMMENT ON COLUMN switch_masters.generation IS 'Generation id that the switch accepted.';
  COMMENT ON COLUMN switch_masters.since IS 'When.';
`;

export class SiteLease1795305600012 implements MigrationInterface {
  name = 'SiteLease1795305600012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(guardGeneration);
    await runner.query(createViews);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

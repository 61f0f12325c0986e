/**
 * How a database that was restored is told from the one that the nodes know: by what PostgreSQL itself is, and by counting on both sides
 * the rounds that changed something on a node.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  ALTER TABLE site_instance
    ADD COLUMN database_identity text,
    ADD COLUMN restored_since timestamptz,
    ADD COLUMN restored_reason text,
    ADD COLUMN accepted_at timestamptz,
    ADD COLUMN accepted_by text,
    ADD CONSTRAINT site_instance_restored_for_a_reason CHECK ((restored_since IS NULL) = (restored_reason IS NULL)),
    ADD CONSTRAINT site_instance_accepted_by_somebody CHECK ((accepted_at IS NULL) = (accepted_by IS NULL));

  CREATE TABLE node_round (
    node text NOT NULL,
    round bigint NOT NULL,
    CONSTRAINT node_round_pk PRIMARY KEY (node)
  ) WITH (fillfactor = 50);

  CREATE TABLE orphan (
    node text NOT NULL,
    what text NOT NULL,
    seen_since timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orphan_pk PRIMARY KEY (node, what)
  );
`;

const createViews = `
  CREATE VIEW site AS
    SELECT s.instance, s.created_at, s.restored_since, s.restored_reason, s.accepted_at, s.accepted_by FROM site_instance s;
  COMMENT ON VIEW site IS 'This site instance, and whether its database was restored.';
  COMMENT ON COLUMN site.instance IS 'The mark on everything that Iris makes on a node.';
  COMMENT ON COLUMN site.created_at IS 'When it was made.';
  COMMENT ON COLUMN site.restored_since IS 'Since when it is known that this database was restored and nobody has accepted it; null if all is well.';
  COMMENT ON COLUMN site.restored_reason IS 'What told so.';
  COMMENT ON COLUMN site.accepted_at IS 'When an operator last accepted a restored database.';
  COMMENT ON COLUMN site.accepted_by IS 'Who accepted it.';

  CREATE VIEW orphans AS SELECT o.node, o.what, o.seen_since FROM orphan o;
  COMMENT ON VIEW orphans IS 'What bears our mark on a node and is not as this database has it, as last looked.';
  COMMENT ON COLUMN orphans.node IS 'Where it is.';
  COMMENT ON COLUMN orphans.what IS 'What it is.';
  COMMENT ON COLUMN orphans.seen_since IS 'Since when it has been seen.';
`;

export class RestoredDatabase1795305600013 implements MigrationInterface {
  name = 'RestoredDatabase1795305600013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(createViews);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

/** The site's own mark and its nodes. btree_gist is what lets an exclusion constraint compare labels beside periods. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE TABLE site_instance (
    singleton boolean NOT NULL DEFAULT true,
    instance uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT site_instance_pk PRIMARY KEY (singleton),
    CONSTRAINT site_instance_only_one CHECK (singleton)
  );

  CREATE TABLE node (
    node text NOT NULL,
    cpus integer NOT NULL,
    memory_mib integer NOT NULL,
    disk_gib integer NOT NULL,
    allocation_changes bigint NOT NULL DEFAULT 0,
    CONSTRAINT node_pk PRIMARY KEY (node),
    CONSTRAINT node_capacity_not_negative CHECK (cpus >= 0 AND memory_mib >= 0 AND disk_gib >= 0)
  ) WITH (fillfactor = 50);
`;

const insufficientPrivilege = '42501';

export class SiteAndNodes1795305600001 implements MigrationInterface {
  name = 'SiteAndNodes1795305600001';

  async up(runner: QueryRunner): Promise<void> {
    try {
      await runner.query('CREATE EXTENSION IF NOT EXISTS btree_gist');
    } catch (error) {
      if ((error as { code?: string }).code !== insufficientPrivilege) throw error;
      throw new Error(
        'the database role may not create the extension btree_gist: let an administrator run CREATE EXTENSION btree_gist in this database once',
        { cause: error },
      );
    }
    await runner.query(createTables);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

/**
 * `iris_reader`: may read the views, and nothing else. It cannot log in until an administrator says how (docs/database.md).
 * Roles belong to the whole server, so it may exist already, or be ours not to make.
 */
import type { DataSource } from 'typeorm';
import type { Log } from '../lib/log.js';

const readerRole = 'iris_reader';

const createRole = `
  DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${readerRole}') THEN
      CREATE ROLE ${readerRole} NOLOGIN;
      COMMENT ON ROLE ${readerRole} IS 'Reads the views of Iris, and nothing else.';
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another process made it at the same moment
  END $$`;

/** Everybody may make temporary tables in a new database; a reader shall write nothing at all. */
const grantViews = `
  DO $$ DECLARE
    view_name text;
  BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${readerRole}', current_database());
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${readerRole}', current_schema());
    FOR view_name IN SELECT viewname FROM pg_views WHERE schemaname = current_schema() LOOP
      EXECUTE format('GRANT SELECT ON %I TO ${readerRole}', view_name);
    END LOOP;
  END $$`;

const insufficientPrivilege = '42501';

export async function ensureReaderRole(dataSource: DataSource, log: Log): Promise<void> {
  try {
    await dataSource.query(createRole);
    await dataSource.query(grantViews);
  } catch (error) {
    if ((error as { code?: string }).code !== insufficientPrivilege) throw error;
    log.warn(
      { role: readerRole },
      `the database role may not make ${readerRole}: let an administrator run CREATE ROLE ${readerRole} NOLOGIN, then iris migrate again`,
    );
  }
}

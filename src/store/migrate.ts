/**
 * Brings a database to the schema of this version. Any number of processes may do so at once: an advisory lock puts them in a
 * row. A process older than the schema refuses to touch it.
 */
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Log } from '../lib/log.js';
import { createDataSource } from './data-source.js';
import { ensureReaderRole } from './reader-role.js';
import { migrations } from './schema.js';
import { ensureTableComments } from './table-comments.js';

/** Key of the advisory lock: any number, as long as it is this one. */
const migrationLock = '4920661935120385';

const knownMigrations = migrations.map((Migration) => new Migration().name);

interface SchemaState {
  /** Applied, but unknown to this version. */
  newer: string[];
  /** Known, but not applied yet. */
  pending: string[];
}

export async function readSchemaState(dataSource: DataSource): Promise<SchemaState> {
  const [{ present }] = await dataSource.query("SELECT to_regclass('schema_migration') IS NOT NULL AS present");
  const rows: { name: string }[] = present
    ? await dataSource.query('SELECT name FROM schema_migration ORDER BY timestamp')
    : [];
  const applied = new Set(rows.map((row) => row.name));
  return {
    newer: [...applied].filter((name) => !knownMigrations.includes(name)),
    pending: knownMigrations.filter((name) => !applied.has(name)),
  };
}

export function refuseNewer(state: SchemaState): void {
  if (state.newer.length === 0) return;
  throw new Error(
    `the database's schema is newer than this version of Iris (it has ${state.newer.join(', ')}): run the newer version`,
  );
}

async function migrateLocked(url: string, log: Log, onlyEmpty: boolean): Promise<string[]> {
  const dataSource = createDataSource({ url, log, poolSize: 1, unlimited: true });
  await dataSource.initialize();
  try {
    const state = await readSchemaState(dataSource);
    refuseNewer(state);
    if (onlyEmpty && state.pending.length < knownMigrations.length) return [];
    await dataSource.runMigrations({ transaction: 'all' });
    await ensureTableComments(dataSource);
    await ensureReaderRole(dataSource, log);
    return state.pending;
  } finally {
    await dataSource.destroy();
  }
}

/** Returns the names of the migrations that it applied. `onlyEmpty`: none where there are some already, since that is an upgrade. */
export async function migrate(url: string, log: Log, { onlyEmpty = false } = {}): Promise<string[]> {
  const guard = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'iris migrate',
  });
  guard.on('error', (err) => log.warn({ err }, 'the connection that holds the migration lock was lost'));
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const applied = await migrateLocked(url, log, onlyEmpty);
    if (applied.length > 0) log.info({ applied }, 'the schema has been migrated');
    return applied;
  } finally {
    await guard.end();
  }
}

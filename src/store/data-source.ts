/** TypeORM's connection to the database: how many sessions, and how long any of them may wait. */
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import type { Log } from '../lib/log.js';
import { entities, migrations } from './schema.js';
import { toTypeormLog } from './typeorm-log.js';

/** Nothing hangs for ever: not on a statement, not on a lock, not on a client that went silent within a transaction. */
const sessionLimits = (waitMs: number) => ({
  statement_timeout: 30_000,
  lock_timeout: waitMs,
  idle_in_transaction_session_timeout: 60_000,
  query_timeout: 45_000,
  connectionTimeoutMillis: waitMs,
  keepAlive: true,
  /** Statements are sent without waiting for those before them: see session.ts. */
  pipeline: true,
  /** Whatever the database's own default is. Said once here, it need not be said in every transaction. */
  options: '-c default_transaction_isolation=read\\ committed',
});

export interface DataSourceOptions {
  url: string;
  log: Log;
  poolSize?: number;
  /** How long a session, or a lock, is waited for. */
  waitMs?: number;
  /** For migrations, which may take long. */
  unlimited?: boolean;
}

export function createDataSource({
  url,
  log,
  poolSize = 10,
  waitMs = 10_000,
  unlimited = false,
}: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: 'iris',
    entities,
    migrations,
    migrationsTableName: 'schema_migration',
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    logger: toTypeormLog(log),
    poolSize,
    poolErrorHandler: (error: Error) => log.warn({ err: error }, 'a database connection was lost'),
    extra: unlimited ? { connectionTimeoutMillis: 10_000, keepAlive: true } : sessionLimits(waitMs),
  });
}

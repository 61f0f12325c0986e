/** A database per site: on the server that DATABASE_URL names, or on a real one of our own. */
import pg from 'pg';
import { ensureDatabase } from '../../lib/postgres/databases.js';
import { startEmbeddedPostgres } from '../../lib/postgres/embedded-postgres.js';
import { rememberBorrowedDatabase } from '../borrowed-databases.js';
import { type Run, runPath } from '../run-directory.js';
import { recordProcess } from '../run-processes.js';

export interface SiteDatabases {
  /** Which server, for people. */
  server: string;
  urls: Record<'tokyo' | 'osaka', string>;
}

export async function startDatabases(run: Run, givenUrl: string | undefined): Promise<SiteDatabases> {
  if (givenUrl !== undefined) return borrowDatabases(run, givenUrl);
  const server = await startEmbeddedPostgres({ directory: runPath(run, 'postgres'), throwaway: true });
  recordProcess(run, server.pid, 'postgres');
  const [tokyo, osaka] = await Promise.all(['tokyo', 'osaka'].map((name) => ensureDatabase(server.url, name)));
  return { server: `embedded PostgreSQL on port ${server.port}`, urls: { tokyo: tokyo!, osaka: osaka! } };
}

/** On somebody's server: names of this run, written down before they are made, so that they go with the run whatever happens. */
async function borrowDatabases(run: Run, serverUrl: string): Promise<SiteDatabases> {
  const make = (site: string) => {
    const name = `iris_${run.id}_${site}`;
    rememberBorrowedDatabase(run, { serverUrl, name });
    return ensureDatabase(serverUrl, name);
  };
  const [tokyo, osaka] = await Promise.all([make('tokyo'), make('osaka')]);
  return { server: `PostgreSQL at ${new URL(serverUrl).host}`, urls: { tokyo, osaka } };
}

export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A database per site: on the server that DATABASE_URL names, or on a real one of our own. */
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { ensureDatabase } from '../../lib/postgres/databases.js';
import { findRunningPostgres } from '../../lib/postgres/running-postgres.js';
import { rememberBorrowedDatabase } from '../borrowed-databases.js';
import { type Run, runPath } from '../run-directory.js';
import { startDaemon, waitForDaemon } from '../run-processes.js';

export interface SiteDatabases {
  /** Which server, for people. */
  server: string;
  urls: Record<'tokyo' | 'osaka', string>;
}

export async function startDatabases(run: Run, givenUrl: string | undefined): Promise<SiteDatabases> {
  if (givenUrl !== undefined) return borrowDatabases(run, givenUrl);
  const url = await startKeptPostgres(run);
  const [tokyo, osaka] = await Promise.all(['tokyo', 'osaka'].map((name) => ensureDatabase(url, name)));
  return { server: `embedded PostgreSQL on port ${new URL(url).port}`, urls: { tokyo: tokyo!, osaka: osaka! } };
}

const keeperProgram = fileURLToPath(new URL('./postgres-keeper.js', import.meta.url));

async function startKeptPostgres(run: Run): Promise<string> {
  const directory = runPath(run, 'postgres');
  const keeper = startDaemon(run, {
    what: 'postgres-keeper',
    program: process.execPath,
    args: [keeperProgram, directory],
  });
  let url: string | undefined;
  await waitForDaemon(keeper, async () => {
    url = await findRunningPostgres(directory);
    return url !== undefined;
  });
  return url!;
}

/** On somebody's server: names of this run, written down before they are made, so that they go with the run whatever happens. */
async function borrowDatabases(run: Run, serverUrl: string): Promise<SiteDatabases> {
  await query(serverUrl, 'SELECT 1').catch((error: Error) => {
    throw new Error(`DATABASE_URL: ${error.message}`, { cause: error });
  });
  const make = (site: string) => {
    const name = `iris_${run.id}_${site}`;
    rememberBorrowedDatabase(run, { serverUrl, name });
    return ensureDatabase(serverUrl, name);
  };
  const [tokyo, osaka] = await Promise.all([make('tokyo'), make('osaka')]);
  return { server: 'the server of DATABASE_URL', urls: { tokyo, osaka } };
}

export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

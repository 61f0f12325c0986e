/** Databases that a run made on a server which is not its own: they are dropped with the run. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { type Run, runPath } from './run-directory.js';

export interface BorrowedDatabase {
  /** Any database of the server, with a role that may create others. */
  serverUrl: string;
  name: string;
}

const recordFile = (run: Run): string => runPath(run, 'borrowed-databases');

/** Readable for root only: the URL holds a password. */
export const rememberBorrowedDatabase = (run: Run, database: BorrowedDatabase): void =>
  appendFileSync(recordFile(run), `${JSON.stringify(database)}\n`, { mode: 0o600 });

export async function dropBorrowedDatabases(run: Run): Promise<void> {
  if (!existsSync(recordFile(run))) return;
  const lines = readFileSync(recordFile(run), 'utf8').split('\n');
  for (const line of lines.filter((text) => text.endsWith('}')))
    await dropDatabase(JSON.parse(line) as BorrowedDatabase);
}

async function dropDatabase({ serverUrl, name }: BorrowedDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

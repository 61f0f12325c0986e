/** The embedded server that another process of ours has running: for commands beside a daemon. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const readTrimmed = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

/** URL of its administrative database, or undefined when none answers. */
export async function findRunningPostgres(directory: string): Promise<string | undefined> {
  const [port, password] = await Promise.all(['port', 'password'].map((name) => readTrimmed(join(directory, name))));
  if (port === undefined || password === undefined) return undefined;
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return url;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Databases on a PostgreSQL server. */
import pg from 'pg';

const duplicateDatabase = new Set(['42P04', '23505']);

/** The same server's URL for another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.toString();
}

/** The database exists; returns its URL. `adminUrl` is any database of the server that the role may connect to. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    if (!duplicateDatabase.has((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
  return databaseUrl(adminUrl, name);
}

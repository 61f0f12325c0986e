/**
 * The databases of a run, on a PostgreSQL of its own that waits for the disk at every commit: one for Iris, in which the reservations are
 * stored that are there already, and a copy of it for the floor.
 */
import { join } from 'node:path';
import pg from 'pg';
import { silentLog } from '../../src/lib/log.js';
import { databaseUrl, ensureDatabase } from '../../src/lib/postgres/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { migrate } from '../../src/store/migrate.js';
import { capacity } from './site.js';
import { storeReservations } from './stored.js';

export async function withSession<T>(url: string, work: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

const insertNodes = (nodes: number): string => `
  INSERT INTO node (node, cpus, memory_mib, disk_gib)
  SELECT 'n' || i, ${capacity.cpus}, ${capacity.memoryMiB}, ${capacity.diskGiB} FROM generate_series(1, ${nodes}) AS i`;

export interface Databases {
  floor: string;
  iris: string;
  /** Of the server that has both. */
  pid: number;
}

export interface Stored {
  nodes: number;
  stored: number;
}

/** What takes shorter is not worth a line. */
const worthTellingMs = 1_000;

async function makeDatabases(
  server: EmbeddedPostgres,
  { nodes, stored }: Stored,
  say: (line: string) => void,
): Promise<Databases> {
  const startedMs = performance.now();
  const told = (step: string, tookMs: number): void => {
    if (tookMs >= worthTellingMs) say(`  ${step}: ${(tookMs / 1_000).toFixed(1)} s`);
  };
  const iris = await ensureDatabase(server.url, 'iris');
  await migrate(iris, silentLog);
  await withSession(iris, async (session) => {
    await session.query(insertNodes(nodes));
    if (stored > 0) await storeReservations(session, stored, nodes, told);
    // A new database is as PostgreSQL takes it before it has looked: told that tables are empty, it would read them whole when they are not.
    await session.query(stored > 0 ? 'VACUUM ANALYZE' : 'ANALYZE node');
  });
  await withSession(server.url, async (session) => {
    await session.query('CREATE DATABASE floor TEMPLATE iris STRATEGY file_copy');
    await session.query('CHECKPOINT');
    const { rows } = await session.query<{ size: string }>(`SELECT pg_size_pretty(pg_database_size('iris')) AS size`);
    told(`${stored} reservations stored, a database of ${rows[0]!.size}`, performance.now() - startedMs);
  });
  return { floor: databaseUrl(server.url, 'floor'), iris, pid: server.pid };
}

export async function withDatabases<T>(
  folder: string,
  wanted: Stored,
  say: (line: string) => void,
  work: (databases: Databases) => Promise<T>,
): Promise<T> {
  const server = await startEmbeddedPostgres({ directory: join(folder, `postgres-${wanted.stored}`) });
  try {
    return await work(await makeDatabases(server, wanted, say));
  } finally {
    await server.stop();
  }
}

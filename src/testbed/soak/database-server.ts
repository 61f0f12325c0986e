/** PostgreSQL of our own, durable, that is killed with SIGKILL and comes back at the same address with what it had. */
import { join } from 'node:path';
import pg from 'pg';
import { ensureDatabase } from '../../lib/postgres/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../lib/postgres/embedded-postgres.js';

export interface DatabaseServer {
  url: string;
  /** The postmaster dies; its children notice. */
  kill(): void;
  /** One session dies, and PostgreSQL throws out all others to recover. */
  killSession(): Promise<void>;
  restart(): Promise<void>;
  query<Row extends object>(sql: string): Promise<Row[]>;
  stop(): Promise<void>;
}

export async function startDatabaseServer(folder: string): Promise<DatabaseServer> {
  const directory = join(folder, 'postgres');
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ directory });
  const { port } = server;
  const url = await ensureDatabase(server.url, 'iris');

  async function query<Row extends object>(sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  return {
    url,
    query,
    kill: () => void process.kill(server.pid, 'SIGKILL'),
    async killSession() {
      const others = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
      const [session] = await query<{ pid: number }>(others);
      if (session !== undefined) process.kill(session.pid, 'SIGKILL');
    },
    async restart() {
      server = await startEmbeddedPostgres({ directory, port });
    },
    stop: () => server.stop(),
  };
}

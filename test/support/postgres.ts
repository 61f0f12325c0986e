/**
 * PostgreSQL for tests: one embedded server per run, started when first asked for and ended after the last test, and a fresh,
 * migrated database for whoever asks. Importing this file is enough; mocha runs its hook once all tests are done.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { silentLog } from '../../src/lib/log.js';
import { databaseUrl, ensureDatabase } from '../../src/lib/postgres/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { migrate } from '../../src/store/migrate.js';

interface TestServer {
  postgres: EmbeddedPostgres;
  directory: string;
}

const template = 'iris_template';
let server: Promise<TestServer> | undefined;

async function startServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'iris-test-postgres-'));
  try {
    const postgres = await startEmbeddedPostgres({ directory, throwaway: true });
    // For runs that end before their last hook: an interrupt, a second failure.
    process.once('exit', () => {
      if (postgres.isRunning()) process.kill(postgres.pid, 'SIGQUIT');
      rmSync(directory, { recursive: true, force: true });
    });
    await migrate(await ensureDatabase(postgres.url, template), silentLog);
    return { postgres, directory };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

function testServer(): Promise<TestServer> {
  server ??= startServer();
  return server;
}

/** Runs one statement as the administrator; CREATE DATABASE and the like. */
async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

let creating: Promise<unknown> = Promise.resolve();

/** One after the other: a template can be copied by one session at a time. */
function createDatabase(url: string, sql: string): Promise<void> {
  const created = creating.then(() => administer(url, sql));
  creating = created.catch(() => {});
  return created;
}

const uniqueName = () => `test_${randomBytes(6).toString('hex')}`;

/** URL of a fresh database with the schema in place. Its site instance is made when first asked for, so each has its own. */
export async function testDatabase(): Promise<string> {
  const { postgres } = await testServer();
  const name = uniqueName();
  await createDatabase(postgres.url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return databaseUrl(postgres.url, name);
}

/** URL of a fresh database with nothing in it. */
export async function emptyDatabase(): Promise<string> {
  const { postgres } = await testServer();
  const name = uniqueName();
  await createDatabase(postgres.url, `CREATE DATABASE ${name}`);
  return databaseUrl(postgres.url, name);
}

after('end the PostgreSQL of the tests', async function () {
  if (server === undefined) return;
  this.timeout(120_000);
  const started = await server.catch(() => undefined);
  await started?.postgres.stop();
  if (started !== undefined) await rm(started.directory, { recursive: true, force: true, maxRetries: 10 });
});

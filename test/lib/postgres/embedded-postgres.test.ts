/** The embedded server: keeps its data and its port, ends when asked to or when its owner dies, and minds what it finds. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/lib/postgres/embedded-postgres.js';
import { withSessions } from '../../support/bypass.js';
import { eventually } from '../../support/eventually.js';

const startOnce = fileURLToPath(new URL('./start-postgres-once.js', import.meta.url));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('embedded PostgreSQL', function () {
  this.timeout(120_000);
  let parent: string;
  let directory: string;
  const running: EmbeddedPostgres[] = [];

  const start = async () => {
    const postgres = await startEmbeddedPostgres({ directory, throwaway: true });
    running.push(postgres);
    return postgres;
  };

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'iris-test-embedded-'));
    directory = join(parent, 'state', 'postgres');
  });

  afterEach(async () => {
    for (const postgres of running.splice(0)) await postgres.stop();
    await rm(parent, { recursive: true, force: true });
  });

  it('keeps data, password and port from one start to the next, and never runs as root', async () => {
    const first = await start();
    await withSessions(first.url, 1, ([session]) => session!.query('CREATE TABLE kept AS SELECT 42 AS answer'));
    assert.notEqual((await stat(join(directory, 'data'))).uid, 0);
    await first.stop();
    assert.equal(isAlive(first.pid), false);
    await first.stop();
    const second = await start();
    assert.equal(second.url, first.url);
    const { rows } = await withSessions(second.url, 1, ([session]) => session!.query('SELECT answer FROM kept'));
    assert.deepEqual(rows, [{ answer: 42 }]);
  });

  it('after a postmaster was killed, starts on the data only when the last of its children is gone', async () => {
    const first = await start();
    const client = new pg.Client({ connectionString: first.url });
    client.on('error', () => {});
    await client.connect();
    const { rows: backends } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const backend = backends[0]!.pid;
    process.kill(backend, 'SIGSTOP');
    process.kill(first.pid, 'SIGKILL');
    let hasStarted = false;
    const starting = start().finally(() => {
      hasStarted = true;
    });
    try {
      await eventually('the postmaster is gone', () => !first.isRunning());
      // The stopped child holds the data; a server that started beside it would have answered long before the other children ended.
      await sleep(500);
      assert.equal(hasStarted, false);
    } finally {
      process.kill(backend, 'SIGKILL');
    }
    assert.equal((await starting).isRunning(), true);
    await client.end().catch(() => {});
  });

  it('works below a folder that only its owner may enter', async () => {
    await mkdir(directory, { recursive: true });
    await chmod(parent, 0o700);
    const postgres = await start();
    const { rows } = await withSessions(postgres.url, 1, ([session]) => session!.query('SELECT 1 AS one'));
    assert.deepEqual(rows, [{ one: 1 }]);
  });

  it('starts over a postmaster.pid that names some other process', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(directory, 'data', 'postmaster.pid'), `${process.pid}\n${join(directory, 'data')}\n`);
    await start();
  });

  it('refuses a folder that a living process uses', async () => {
    await start();
    await assert.rejects(start(), /is in use by process \d+/);
  });

  it('ends when its owner is killed, and the next owner can start', async function () {
    if (!existsSync('/proc/self')) this.skip();
    const owner = spawn(process.execPath, [startOnce, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    assert.equal(isAlive(pid), true);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await start();
    await eventually('the first server has ended', () => !isAlive(pid));
    assert.notEqual(next.pid, pid);
  });

  it('says what PostgreSQL said when it does not start', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(directory, 'data', 'postgresql.conf'), 'no_such_setting = 1\n');
    await assert.rejects(start(), /no_such_setting/);
    assert.match(await readFile(join(directory, 'postgres.log'), 'utf8'), /no_such_setting/);
  });
});

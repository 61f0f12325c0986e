/** A level-2 VM's live migration, told to the QEMUs of both hosts, and what became of it. */
import { waitUntil } from '../../../src/lib/wait-until.js';
import type { NestedHost } from '../../../src/testbed/nested/nested-host.js';

const port = 4444;
const migrationMs = 300_000;

export interface Migrated {
  /** Date.now() before the first command. */
  startedAtMs: number;
  /** For how long it ran nowhere, as the old place counts it. */
  stillMs: number;
  /** When the new place went on, as its monitor told it. */
  resumedAtMs: number;
}

interface MigrationInfo {
  status?: string;
  'error-desc'?: string;
  /** In ms. */
  downtime?: number;
}

const infoOf = ({ monitor }: NestedHost) => monitor.execute<MigrationInfo>('query-migrate');
const statusOf = async (host: NestedHost): Promise<string> => (await infoOf(host)).status ?? 'none';

/** Until the migration is over; its status. */
const ended = (source: NestedHost): Promise<string> =>
  waitUntil(
    async () => {
      const status = await statusOf(source);
      return /^(completed|failed|cancelled)$/.test(status) && status;
    },
    { what: `the migration from ${source.name} to end`, timeoutMs: migrationMs, intervalMs: 100 },
  ) as Promise<string>;

/** Bytes a second. The default would take as long for the smallest VM as for one that changes all the time. */
const bandwidth = 100 << 20;

async function startMigration(source: NestedHost, destination: NestedHost, rate = bandwidth): Promise<void> {
  await Promise.all([source.monitor.greet(), destination.monitor.greet()]);
  await destination.monitor.execute('migrate-incoming', { uri: `tcp:0.0.0.0:${port}` });
  await source.monitor.execute('migrate-set-parameters', { 'max-bandwidth': rate, 'downtime-limit': 300 });
  await untilOnItsWay(source, destination);
}

/** Who is not reached listens on, and is tried again: a host that has just booted may be late with its network. */
async function untilOnItsWay(source: NestedHost, destination: NestedHost): Promise<void> {
  let last: MigrationInfo = {};
  const tryIt = () => source.monitor.execute('migrate', { uri: `tcp:${destination.memoryAddress}:${port}` });
  await tryIt();
  const isOnItsWay = async (): Promise<boolean> => {
    last = await infoOf(source);
    if (last.status === 'failed') await tryIt();
    return /^(active|device|pre-switchover|completed)$/.test(last.status ?? '');
  };
  const what = `the migration from ${source.name} to ${destination.name} to be on its way`;
  await waitUntil(isOnItsWay, { what, timeoutMs: migrationMs, intervalMs: 50 }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
}

const eventSince = (host: NestedHost, name: string, sinceMs: number) =>
  waitUntil(() => host.monitor.events.find(({ event, atMs }) => event === name && atMs >= sinceMs), {
    ...{ what: `${name} from ${host.name}`, timeoutMs: migrationMs, intervalMs: 10 },
  });

export async function migrate(source: NestedHost, destination: NestedHost): Promise<Migrated> {
  const startedAtMs = Date.now();
  await startMigration(source, destination);
  const status = await ended(source);
  if (status !== 'completed') throw new Error(`${source.name} to ${destination.name}: ${status}`);
  const { atMs } = await eventSince(destination, 'RESUME', startedAtMs);
  return { startedAtMs, stillMs: (await infoOf(source)).downtime ?? 0, resumedAtMs: atMs };
}

/** QEMU at the old place ends, and the next one waits there for the VM to come back. */
export async function leave({ monitor }: NestedHost): Promise<void> {
  await monitor.execute('quit');
  await monitor.greet();
}

/** So slow that it can be stopped on its way. */
const slowBandwidth = 1 << 20;

/** The new place dies before all is there. */
export async function failOnTheWay(source: NestedHost, destination: NestedHost): Promise<void> {
  await startMigration(source, destination, slowBandwidth);
  await leave(destination);
  const status = await ended(source);
  if (status !== 'failed') throw new Error(`${source.name} to ${destination.name}: ${status}, and should have failed`);
}

/** What a hypervisor does when the new place is lost after all: the old one, which still has the VM, goes on and says so. */
export async function takeBack({ monitor }: NestedHost): Promise<void> {
  await monitor.execute('cont');
  await monitor.execute('announce-self', { initial: 50, max: 550, rounds: 5, step: 50 });
}

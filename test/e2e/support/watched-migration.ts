/** Migrations while all watchers ping the VM at both of its addresses, and what each of them missed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../../src/lib/wait-until.js';
import type { NestedHost } from '../../../src/testbed/nested/nested-host.js';
import { deriveInterruption, type PingWatch, watchByPing } from '../../../src/testbed/nested/ping-watch.js';
import { migrate } from './migrate.js';
import { type MigrationWorld, vm } from './migration-world.js';

const pingIntervalMs = 50;
const answerMs = 120_000;
/** After the first answer, for announcements that are repeated: what they might break is seen. */
const afterwardsMs = 1_000;

/** What one watcher missed of one of the addresses. */
export interface Missed {
  watcher: string;
  address: string;
  outageMs: number;
  lost: number;
  /** Beyond the time in which the VM ran nowhere. */
  addedMs: number;
}

export interface WatchedMigration {
  from: string;
  to: string;
  stillMs: number;
  missed: Missed[];
}

const withoutPrefix = (address: string): string => address.split('/')[0]!;

interface Watched {
  watcher: string;
  address: string;
  watch: PingWatch;
}

export interface Watchers {
  /** Until everybody has an answer that is younger than this. */
  allAnswered(sinceMs: number): Promise<void>;
  move(from: NestedHost, to: NestedHost): Promise<WatchedMigration>;
  stop(): Promise<void>;
}

export function watchAll({ run, watchers }: MigrationWorld): Watchers {
  const all: Watched[] = Object.values(watchers).flatMap((host) =>
    [vm.plain, vm.tagged].map((nic) => {
      const address = withoutPrefix(nic.address);
      return { watcher: host.name, address, watch: watchByPing(run, host, address, pingIntervalMs) };
    }),
  );

  const allAnswered = async (sinceMs: number): Promise<void> => {
    const without = () => all.filter(({ watch }) => !watch.answeredSince(sinceMs));
    await waitUntil(() => without().length === 0, { what: 'answers', timeoutMs: answerMs, intervalMs: 50 }).catch(
      () => {
        const names = without().map(({ watcher, address }) => `${address} to ${watcher}`);
        throw new Error(`no answer within ${answerMs} ms from ${names.join(', ')}`);
      },
    );
  };

  return {
    allAnswered,
    async move(from, to) {
      const { startedAtMs, stillMs, resumedAtMs } = await migrate(from, to);
      await allAnswered(resumedAtMs);
      await sleep(afterwardsMs);
      const missed = all.map(({ watcher, address, watch }) => {
        const { outageMs, lost } = deriveInterruption(watch.replies(), startedAtMs, Date.now())!;
        return { watcher, address, outageMs, lost, addedMs: outageMs - stillMs };
      });
      return { from: from.name, to: to.name, stillMs, missed };
    },
    stop: async () => {
      for (const { watch } of all) await watch.stop();
    },
  };
}

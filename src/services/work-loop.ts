/**
 * Due work, claimed from the database and run: at most `parallel` at once, woken by other processes' notifications and by the clock. Work
 * that is not finished, whatever the reason, stays in the database; so a crash needs no care here.
 */
import type { ClaimedWork, DueWorkKind, Store } from '../domain/ports/store.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import { createAlarm } from './alarm.js';
import { deriveBackoffMs } from './backoff.js';

/** Done; or to be tried again, at the time given or after backing off. */
export type WorkResult = { outcome: 'done' } | { outcome: 'again'; at?: Date };
export type WorkHandlers = Record<DueWorkKind, (connectionId: string) => Promise<WorkResult>>;

export interface WorkLoopOptions {
  store: Pick<Store, 'claimWork' | 'finishWork' | 'retryWork' | 'renewWork' | 'nextDue' | 'onWork'>;
  handlers: WorkHandlers;
  /** Unique among all processes on this database. */
  worker: string;
  clock: Clock;
  log: Log;
  /** What may be claimed now; everything if absent. */
  kinds?: () => readonly DueWorkKind[];
  parallel?: number;
  leaseMs?: number;
}

export interface WorkLoop {
  start(): void;
  /** Looks again: what may be claimed has changed. */
  wake(): void;
  /** Claims no more and resolves when what runs has ended. */
  stop(): Promise<void>;
}

const defaultParallel = 16;
const defaultLeaseMs = 30_000;
/** However quiet, look this often: a notification may be lost with its connection. */
const longestSleepMs = 5_000;
/** Due by the database's clock but not claimable: another's lease, or two clocks that differ a little. */
const shortestSleepMs = 25;
const afterFailureMs = 1_000;

export function createWorkLoop(options: WorkLoopOptions): WorkLoop {
  const { store, handlers, worker, clock, log } = options;
  const parallel = options.parallel ?? defaultParallel;
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const running = new Set<Promise<void>>();
  let stopping = false;
  let loop: Promise<void> | undefined;
  const alarm = createAlarm();

  async function settle(work: ClaimedWork, result: WorkResult): Promise<void> {
    if (result.outcome === 'done') return store.finishWork(worker, work);
    const backoff = new Date(clock.now().getTime() + deriveBackoffMs(work.attempts));
    return store.retryWork(worker, work, result.at ?? backoff);
  }

  async function run(work: ClaimedWork): Promise<void> {
    const bound = log.child({ connectionId: work.connectionId, work: work.kind });
    const renewal = setInterval(() => {
      store.renewWork(worker, work, leaseMs).catch((error) => bound.warn({ err: error }, 'lease not renewed'));
    }, leaseMs / 3);
    try {
      const result = await handlers[work.kind](work.connectionId).catch((error): WorkResult => {
        bound.error({ err: error }, 'due work failed');
        return { outcome: 'again' };
      });
      await settle(work, result);
    } catch (error) {
      bound.error({ err: error }, 'due work could not be settled; it is claimed again when its lease ends');
    } finally {
      clearInterval(renewal);
    }
  }

  function begin(work: ClaimedWork): void {
    const task = run(work).finally(() => {
      running.delete(task);
      alarm.ring();
    });
    running.add(task);
  }

  async function deriveSleepMs(): Promise<number> {
    if (running.size >= parallel) return longestSleepMs;
    const due = await store.nextDue(options.kinds?.());
    if (due === undefined) return longestSleepMs;
    return Math.min(longestSleepMs, Math.max(shortestSleepMs, due.getTime() - clock.now().getTime()));
  }

  async function runLoop(): Promise<void> {
    while (!stopping) {
      alarm.clear();
      try {
        const room = parallel - running.size;
        const claimed = room > 0 ? await store.claimWork(worker, room, leaseMs, options.kinds?.()) : [];
        for (const work of claimed) begin(work);
        if (claimed.length > 0 && running.size < parallel) continue;
        await alarm.sleep(await deriveSleepMs());
      } catch (error) {
        log.error({ err: error }, 'due work could not be claimed');
        alarm.clear();
        await alarm.sleep(afterFailureMs);
      }
    }
  }

  return {
    start() {
      store.onWork(alarm.ring);
      loop ??= runLoop();
    },
    wake: alarm.ring,
    async stop() {
      stopping = true;
      alarm.ring();
      await loop;
      await Promise.all(running);
    },
  };
}

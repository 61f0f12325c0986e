import assert from 'node:assert/strict';
import type { ClaimedWork } from '../../src/domain/ports/store.js';
import { systemClock } from '../../src/lib/clock.js';
import { silentLog } from '../../src/lib/log.js';
import { deriveBackoffMs } from '../../src/services/backoff.js';
import { createWorkLoop, type WorkHandlers, type WorkLoopOptions } from '../../src/services/work-loop.js';
import { eventually } from '../support/eventually.js';

/** Due work in memory, with what became of it. */
function createWorkQueue(ids: string[]) {
  const due: ClaimedWork[] = ids.map((connectionId) => ({
    kind: 'reconcile',
    connectionId,
    runAt: new Date(),
    attempts: 1,
  }));
  const finished: string[] = [];
  const retried: { connectionId: string; runAt: Date }[] = [];
  let renewals = 0;
  let failures = 0;
  let wake = (): void => {};
  const store: WorkLoopOptions['store'] = {
    async claimWork(_worker, limit) {
      if (failures > 0) {
        failures -= 1;
        throw new Error('no database');
      }
      return due.splice(0, limit);
    },
    async finishWork(_worker, work) {
      finished.push(work.connectionId);
    },
    async retryWork(_worker, { connectionId }, runAt) {
      retried.push({ connectionId, runAt });
    },
    async renewWork() {
      renewals += 1;
      return true;
    },
    async nextDue() {
      return undefined;
    },
    onWork(listener) {
      wake = listener;
    },
  };
  return {
    store,
    finished,
    retried,
    add(connectionId: string) {
      due.push({ kind: 'reconcile', connectionId, runAt: new Date(), attempts: 1 });
      wake();
    },
    failNext: () => {
      failures = 1;
    },
    renewals: () => renewals,
  };
}

const handlersOf = (reconcile: WorkHandlers['reconcile']): WorkHandlers => ({
  reconcile,
  holdTimeout: async () => ({ outcome: 'done' }),
  endTime: async () => ({ outcome: 'done' }),
});

describe('work loop', () => {
  const base = { worker: 'w', clock: systemClock, log: silentLog };

  it('runs what is due, no more at once than allowed, and all of it', async () => {
    const queue = createWorkQueue(Array.from({ length: 20 }, (_, index) => `c${index}`));
    let running = 0;
    let most = 0;
    const handlers = handlersOf(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return { outcome: 'done' };
    });
    const loop = createWorkLoop({ ...base, store: queue.store, handlers, parallel: 3 });
    loop.start();
    await eventually('all is done', () => queue.finished.length === 20);
    await loop.stop();
    assert.equal(most, 3);
  });

  it('wakes when work is announced, and when the database is back', async () => {
    const queue = createWorkQueue([]);
    queue.failNext();
    const loop = createWorkLoop({
      ...base,
      store: queue.store,
      handlers: handlersOf(async () => ({ outcome: 'done' })),
    });
    loop.start();
    queue.add('late');
    await eventually('it is done', () => queue.finished.includes('late'));
    await loop.stop();
  });

  it('puts off what fails, by more each time, and keeps a time that it was told', async () => {
    const at = new Date('2030-01-01T00:00:00Z');
    const queue = createWorkQueue(['throws', 'told']);
    const handlers = handlersOf(async (connectionId) => {
      if (connectionId === 'throws') throw new Error('unforeseen');
      return { outcome: 'again', at };
    });
    const clock = { now: () => new Date('2029-01-01T00:00:00Z') };
    const loop = createWorkLoop({ ...base, clock, store: queue.store, handlers });
    loop.start();
    await eventually('both are put off', () => queue.retried.length === 2);
    await loop.stop();
    const timeOf = (id: string) => queue.retried.find(({ connectionId }) => connectionId === id)!.runAt;
    assert.deepEqual(timeOf('told'), at);
    assert.equal(timeOf('throws').getTime(), clock.now().getTime() + deriveBackoffMs(1));
    const backoffs = Array.from({ length: 12 }, (_, index) => deriveBackoffMs(index + 1));
    assert.deepEqual([backoffs[0], backoffs[1], backoffs.at(-1)], [250, 500, 30_000]);
  });

  it('renews the lease of what takes long, and stop waits for it', async () => {
    const queue = createWorkQueue(['long']);
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const handlers = handlersOf(async () => {
      await gate;
      return { outcome: 'done' };
    });
    const loop = createWorkLoop({ ...base, store: queue.store, handlers, leaseMs: 30 });
    loop.start();
    await eventually('the lease is renewed', () => queue.renewals() > 1);
    const stopped = loop.stop();
    assert.deepEqual(queue.finished, []);
    letGo();
    await stopped;
    assert.deepEqual(queue.finished, ['long']);
  });
});

/** Due work: claimed by one, lost with its lease, kept when it was asked for again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ClaimedWork, DueWork, Store } from '../../src/domain/ports/store.js';
import { silentLog } from '../../src/lib/log.js';
import { createStore } from '../../src/store/create-store.js';
import { withSessions } from '../support/bypass.js';
import { eventually } from '../support/eventually.js';
import { at, cleanUp, storeWithNodes } from './fixtures.js';

const past = new Date(Date.UTC(2020, 0, 1));
const leaseMs = 60_000;

const schedule = (store: Store, ...work: DueWork[]) => store.transaction((t) => t.scheduleWork(work));
const reconcile = (runAt: Date, connectionId: string = randomUUID()): DueWork => ({
  kind: 'reconcile',
  connectionId,
  runAt,
});
const idsOf = (work: ClaimedWork[]) => work.map(({ connectionId }) => connectionId);

/** As if the worker had died and its lease had run out. */
const loseLeases = (url: string) =>
  withSessions(url, 1, ([session]) => session!.query("UPDATE due_work SET locked_until = now() - interval '1 second'"));

describe('due work', () => {
  afterEach(cleanUp);

  it('is claimed once, the oldest first, and only when it is due', async function () {
    const { store } = await storeWithNodes(this);
    const [older, newer, later] = [reconcile(past), reconcile(new Date(past.getTime() + 1)), reconcile(at(0))];
    await schedule(store, newer, later, older);
    assert.deepEqual(idsOf(await store.claimWork('a', 10, leaseMs)), [older.connectionId, newer.connectionId]);
    assert.deepEqual(await store.claimWork('b', 10, leaseMs), []);
  });

  it('is shared out between workers that claim at once', async function () {
    const { store } = await storeWithNodes(this);
    const work = Array.from({ length: 30 }, () => reconcile(past));
    await schedule(store, ...work);
    const claims = await Promise.all(['a', 'b', 'c', 'd'].map((worker) => store.claimWork(worker, 10, leaseMs)));
    const rest = await store.claimWork('e', 30, leaseMs);
    const claimed = [...claims.flat(), ...rest].map(({ connectionId }) => connectionId);
    assert.deepEqual(claimed.sort(), work.map(({ connectionId }) => connectionId).sort());
  });

  it('may become due earlier when asked for again, never later', async function () {
    const { store } = await storeWithNodes(this);
    const work = reconcile(at(0));
    await schedule(store, work);
    await schedule(store, { ...work, runAt: at(1) });
    assert.deepEqual(await store.nextDue(), at(0));
    await schedule(store, { ...work, runAt: at(-1) });
    assert.deepEqual(await store.nextDue(), at(-1));
  });

  it('is gone when finished', async function () {
    const { store } = await storeWithNodes(this);
    await schedule(store, reconcile(past));
    const [claimed] = await store.claimWork('a', 1, leaseMs);
    await store.finishWork('a', claimed!);
    assert.equal(await store.nextDue(), undefined);
  });

  it('comes back when it was asked for again while a worker had it', async function () {
    const { store } = await storeWithNodes(this);
    const work = reconcile(past);
    await schedule(store, work);
    const [claimed] = await store.claimWork('a', 1, leaseMs);
    await schedule(store, { ...work, runAt: at(2) });
    await schedule(store, { ...work, runAt: at(1) });
    assert.deepEqual(await store.claimWork('b', 1, leaseMs), []);
    await store.finishWork('a', claimed!);
    assert.deepEqual(await store.nextDue(), at(1));
  });

  it('is not lost when it is asked for again at the very moment it is finished', async function () {
    const { store, url } = await storeWithNodes(this);
    const work = reconcile(past);
    await schedule(store, work);
    const [claimed] = await store.claimWork('a', 1, leaseMs);
    await withSessions(url, 1, async ([session]) => {
      const { finishing } = await store.transaction(async (t) => {
        await t.scheduleWork([{ ...work, runAt: at(1) }]);
        const waiting = store.finishWork('a', claimed!);
        await eventually('the end waits for the wish', async () => {
          const { rows } = await session!.query(
            'SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = $1',
            ['transactionid'],
          );
          return rows.length > 0;
        });
        return { finishing: waiting };
      });
      await finishing;
    });
    assert.deepEqual(await store.nextDue(), at(1));
    const [waiting] = await withSessions(
      url,
      1,
      async ([session]) => (await session!.query('SELECT locked_by FROM due_work')).rows,
    );
    assert.equal(waiting.locked_by, null, 'whoever comes may have it');
  });

  it('is put off by a retry, but no later than it was asked for meanwhile', async function () {
    const { store } = await storeWithNodes(this);
    const work = reconcile(past);
    await schedule(store, work);
    const [first] = await store.claimWork('a', 1, leaseMs);
    await store.retryWork('a', first!, past);
    const [second] = await store.claimWork('a', 1, leaseMs);
    assert.equal(second?.attempts, 2);
    await schedule(store, { ...work, runAt: at(1) });
    await store.retryWork('a', second!, at(5));
    assert.deepEqual(await store.nextDue(), at(1));
  });

  it('is another worker’s once the lease has run out; the first one can no longer finish, renew or put it off', async function () {
    const { url, store } = await storeWithNodes(this);
    await schedule(store, reconcile(past));
    const [lost] = await store.claimWork('a', 1, leaseMs);
    assert.equal(await store.renewWork('a', lost!, leaseMs), true);
    await loseLeases(url);
    assert.equal(await store.renewWork('a', lost!, leaseMs), false);
    const [taken] = await store.claimWork('b', 1, leaseMs);
    assert.equal(taken?.connectionId, lost?.connectionId);
    await store.finishWork('a', lost!);
    await store.retryWork('a', lost!, at(9));
    assert.equal(await store.renewWork('b', taken!, leaseMs), true);
    await store.finishWork('b', taken!);
    assert.equal(await store.nextDue(), undefined);
  });

  it('can be cancelled by kind', async function () {
    const { store } = await storeWithNodes(this);
    const connectionId = randomUUID();
    await schedule(
      store,
      { kind: 'holdTimeout', connectionId, runAt: past },
      { kind: 'endTime', connectionId, runAt: past },
      { kind: 'reconcile', connectionId, runAt: past },
    );
    await store.transaction((t) => t.recordTurn(connectionId, { cancelled: ['holdTimeout', 'endTime'] }));
    const left = await store.claimWork('a', 10, leaseMs);
    assert.deepEqual(
      left.map(({ kind }) => kind),
      ['reconcile'],
    );
  });

  it('wakes the workers of other processes, once the transaction has committed', async function () {
    const { url, store } = await storeWithNodes(this);
    const other = await createStore({ url, log: silentLog, poolSize: 1 });
    try {
      let woken = 0;
      other.onWork(() => {
        woken += 1;
      });
      await assert.rejects(
        store.transaction(async (t) => {
          await t.scheduleWork([reconcile(past)]);
          throw new Error('rolled back');
        }),
      );
      // Whoever sleeps looks again before this is due.
      const later = reconcile(new Date(Date.now() + 3_600_000));
      await schedule(store, later);
      await schedule(store, reconcile(past));
      await eventually('the other process is woken', () => woken > 0);
      assert.equal(woken, 1);
      await schedule(store, { ...later, runAt: past });
      await eventually('it is woken for what has become due sooner', () => woken > 1);
    } finally {
      await other.close();
    }
  });
});

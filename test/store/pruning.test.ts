/** What is kept for how long: history and answers in small batches, and reservations that ended long ago out of the way. */
import assert from 'node:assert/strict';
import type { Store } from '../../src/domain/ports/store.js';
import { withSessions } from '../support/bypass.js';
import { cleanUp, holdInStore, storeWithNodes } from './fixtures.js';

describe('pruning', () => {
  afterEach(cleanUp);

  const record = (store: Store, connectionId: string, count: number): Promise<void> =>
    store.transaction((transaction) =>
      transaction.recordTurn(connectionId, {
        transitions: Array.from({ length: count }, (_, index) => ({
          connectionId,
          machine: 'reservation' as const,
          from: `${index}`,
          to: `${index + 1}`,
          by: 'alice',
        })),
      }),
    );
  const over = (store: Store, connectionId: string): Promise<void> =>
    store.transaction(async (transaction) => {
      await transaction.dropAllocations(connectionId);
      await transaction.recordTurn(connectionId, { states: { lifecycle: 'Terminated' } });
    });
  const sql = <Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> =>
    withSessions(url, 1, async ([session]) => (await session!.query(text, values)).rows as Row[]);
  /** As somebody who owns the database may: the clock of what is there goes back by so many days. */
  const age = (url: string, days: number): Promise<unknown> =>
    sql(
      url,
      `BEGIN; SET LOCAL iris.pruning = 'on'; UPDATE history SET at = at - ${days} * interval '1 day';
       UPDATE request SET created_at = created_at - ${days} * interval '1 day';
       UPDATE reservation SET updated_at = updated_at - ${days} * interval '1 day'; COMMIT`,
    );

  it('takes the oldest first, so many at a time, and only of what is over', async function () {
    const { url, store } = await storeWithNodes(this);
    const [gone, lives] = [await holdInStore(store), await holdInStore(store, { key: 2 })];
    for (const { connectionId } of [gone, lives]) await record(store, connectionId, 5);
    await over(store, gone.connectionId);
    await age(url, 10);
    await record(store, gone.connectionId, 1);
    assert.equal(await store.pruneHistory(11, 100), 0, 'not old enough');
    assert.equal(await store.pruneHistory(9, 3), 3);
    assert.deepEqual(
      (await store.history(gone.connectionId)).map(({ from }) => from),
      ['3', '4', '0'],
    );
    assert.equal(await store.pruneHistory(9, 3), 2);
    assert.equal(await store.pruneHistory(9, 3), 0);
    assert.equal((await store.history(gone.connectionId)).length, 1);
    assert.equal((await store.history(lives.connectionId)).length, 5);
    await assert.rejects(sql(url, 'DELETE FROM history'), /append-only/, 'it is as closed as before');
  });

  it('forgets answers after their time, and not before', async function () {
    const { url, store } = await storeWithNodes(this);
    const identity = { requester: 'alice', correlationId: 'urn:1', operation: 'reserve', digest: 'd' };
    const claim = (correlationId: string) =>
      store.transaction(async (transaction) => {
        const claimed = await transaction.claimRequest({ ...identity, correlationId });
        if (claimed.outcome === 'fresh') await transaction.answerRequest({ ...identity, correlationId }, 'done');
        return claimed;
      });
    for (const id of ['urn:1', 'urn:2', 'urn:3']) await claim(id);
    await age(url, 31);
    await claim('urn:4');
    assert.equal(await store.pruneRequests(32, 10), 0);
    assert.equal(await store.pruneRequests(30, 2), 2);
    assert.equal(await store.pruneRequests(30, 2), 1);
    assert.equal((await claim('urn:4')).outcome, 'answered');
    assert.equal((await claim('urn:1')).outcome, 'fresh');
  });

  it('archives what ended long ago with its history, without secrets, and nothing else', async function () {
    const { url, store } = await storeWithNodes(this);
    const gone = await holdInStore(store, { cpus: { n1: 2 } });
    await record(store, gone.connectionId, 2);
    await over(store, gone.connectionId);
    const lives = await holdInStore(store, { key: 2 });
    const passedAndHolds = await holdInStore(store, { key: 3 });
    await store.transaction((transaction) =>
      transaction.recordTurn(passedAndHolds.connectionId, { states: { lifecycle: 'PassedEndTime' } }),
    );
    const archive = async (days: number): Promise<number> => {
      const text = "SELECT archive_reservations(now() - $1 * interval '1 day', 10)::integer AS count";
      return (await sql<{ count: number }>(url, text, [days]))[0]!.count;
    };
    await age(url, 800);
    assert.equal(await archive(801), 0);
    assert.equal(await archive(700), 1);
    assert.equal(await archive(700), 0);
    assert.equal(await store.findReservation(gone.connectionId), undefined);
    for (const { connectionId } of [lives, passedAndHolds]) assert.ok(await store.findReservation(connectionId));
    const [row, ...others] = await sql<{ connection_id: string; versions: object[]; history: object[] }>(
      url,
      'SELECT * FROM archive',
    );
    assert.deepEqual(
      [row!.connection_id, row!.versions.length, row!.history.length, others],
      [gone.connectionId, 1, 2, []],
    );
    const [whole] = await sql(url, 'SELECT * FROM archived_reservation');
    assert.ok(!JSON.stringify(whole).includes('with-a-secret'));
    for (const table of ['vm', 'reservation_version', 'history', 'node_allocation'])
      assert.deepEqual(
        await sql(url, `SELECT * FROM ${table} WHERE connection_id = $1`, [gone.connectionId]),
        [],
        table,
      );
  });
});

/** Transactions whose writes nobody waits for: all of it or nothing, and what went wrong is told. */
import assert from 'node:assert/strict';
import { fromDatabaseError } from '../../src/store/database-errors.js';
import { withSessions } from '../support/bypass.js';
import { at, cleanUp, hold, holdInStore, newReservation, storeWithNodes } from './fixtures.js';

const uniqueViolation = '23505';
const codeOf = (error: unknown) => fromDatabaseError(error)?.code;

describe('a transaction', () => {
  afterEach(cleanUp);

  it('is not done at all when a write that was not waited for has failed, and the failure is the write’s own', async function () {
    const { url, store } = await storeWithNodes(this);
    const there = await holdInStore(store);
    await assert.rejects(
      store.transaction(async (t) => {
        await hold(t, { key: 2 });
        await t.insertReservation(newReservation(there.viNumber));
        await t.recordTurn(there.connectionId, { states: { lifecycle: 'Failed' } });
      }),
      (error) => codeOf(error) === uniqueViolation,
    );
    const counts = 'SELECT (SELECT count(*) FROM reservation) AS reservations, (SELECT count(*) FROM vm) AS vms';
    const [row] = await withSessions(url, 1, async ([session]) => (await session!.query(counts)).rows);
    assert.deepEqual(row, { reservations: '1', vms: '1' });
    assert.equal((await store.findReservation(there.connectionId))?.states.lifecycle, 'Created');
  });

  it('tells the first failure where a later statement could not be run because of it', async function () {
    const { store } = await storeWithNodes(this);
    const there = await holdInStore(store);
    await assert.rejects(
      store.transaction(async (t) => {
        await t.insertReservation(newReservation(there.viNumber));
        await t.lockReservation(there.connectionId);
      }),
      (error) => codeOf(error) === uniqueViolation,
    );
    await assert.rejects(
      store.transaction((t) => hold(t, { key: 3 }, { connectionId: there.connectionId })),
      (error) => codeOf(error) === uniqueViolation,
      'before a hold, too',
    );
    await holdInStore(store, { key: 4 });
  });

  it('sees what it wrote, in order, and so does the next one', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    const seen = await store.transaction(async (t) => {
      await t.recordTurn(connectionId, { states: { lifecycle: 'Failed' } });
      const { reservation } = await t.lockReservation(connectionId);
      await t.recordTurn(connectionId, { states: { lifecycle: 'Terminating' } });
      return reservation?.states.lifecycle;
    });
    assert.equal(seen, 'Failed');
    assert.equal((await store.findReservation(connectionId))?.states.lifecycle, 'Terminating');
  });

  it('that cancels work and asks for it anew leaves what it asked for', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    const work = { kind: 'reconcile' as const, connectionId };
    await store.transaction((t) => t.scheduleWork([{ ...work, runAt: at(1) }]));
    await store.transaction((t) =>
      t.recordTurn(connectionId, { cancelled: ['reconcile', 'endTime'], work: [{ ...work, runAt: at(2) }] }),
    );
    assert.deepEqual(await store.nextDue(), at(2), 'later than what was cancelled');
  });
});

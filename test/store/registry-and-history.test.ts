/** The stored registry and the append-only history. */
import assert from 'node:assert/strict';
import type { Transition } from '../../src/domain/ports/store.js';
import type { RegistryEntry } from '../../src/domain/registry/registry-entry.js';
import { codeOf, withSessions } from '../support/bypass.js';
import { at, cleanUp, holdInStore, storeWithNodes } from './fixtures.js';

const entry = (changes: Partial<RegistryEntry>): RegistryEntry => ({
  vlan: 0,
  mac: '52:54:00:00:00:01',
  ips: ['10.0.0.1'],
  place: { kind: 'port', node: 'n1', portName: 'iris1-0' },
  learntFrom: 'listed',
  learntAt: at(0),
  ...changes,
});

describe('the stored registry', () => {
  afterEach(cleanUp);

  it('returns what was saved, with the last place of each machine', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    const far = entry({ vlan: 10, ips: ['fd00::1', '10.0.0.9'], place: { kind: 'site', site: 'osaka' } });
    await store.saveRegistry(connectionId, [entry({}), far]);
    const moved = entry({ place: { kind: 'site', site: 'tokyo' }, learntFrom: 'rarp', learntAt: at(1), ips: [] });
    await store.saveRegistry(connectionId, [entry({ learntAt: at(0.5) }), moved]);
    assert.deepEqual(await store.loadRegistry(connectionId), [moved, far]);
    const many = await store.loadRegistries([connectionId, 'without-any']);
    assert.deepEqual([...many], [[connectionId, [moved, far]]]);
    assert.deepEqual([...(await store.loadRegistries([]))], []);
    await store.forgetRegistry(connectionId);
    assert.deepEqual(await store.loadRegistry(connectionId), []);
  });
});

describe('history', () => {
  afterEach(cleanUp);

  const transition = (connectionId: string, to: string): Transition => ({
    connectionId,
    machine: 'reservation',
    from: 'ReserveStart',
    to,
    by: 'alice',
    correlationId: 'urn:uuid:1',
  });

  it('tells every transition in order', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    const told = [transition(connectionId, 'ReserveChecking'), transition(connectionId, 'ReserveHeld')];
    await store.transaction((t) => t.recordTurn(connectionId, { transitions: told }));
    const byTime: Transition = {
      connectionId,
      machine: 'lifecycle',
      from: 'Created',
      to: 'PassedEndTime',
      by: 'time',
      reason: 'over',
    };
    await store.transaction((t) => t.recordTurn(connectionId, { transitions: [byTime] }));
    const history = await store.history(connectionId);
    assert.deepEqual(
      history.map(({ at: _when, ...rest }) => rest),
      [...told, byTime],
    );
    assert.ok(history.every(({ at: when }) => when instanceof Date));
  });

  it('is append-only; pruning takes only what is old and over', async function () {
    const { url, store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    await store.transaction((t) =>
      t.recordTurn(connectionId, { transitions: [transition(connectionId, 'ReserveChecking')] }),
    );
    await withSessions(url, 1, async ([session]) => {
      for (const sql of ["UPDATE history SET reason = 'x'", 'DELETE FROM history', 'TRUNCATE history'])
        await assert.rejects(session!.query(sql), (error) => codeOf(error) === 'IR100');
      const prune = async () =>
        Number((await session!.query("SELECT prune_history(now() + interval '1 day') AS n")).rows[0].n);
      assert.equal(await prune(), 0);
      await store.transaction((t) => t.recordTurn(connectionId, { states: { lifecycle: 'Terminated' } }));
      assert.equal(await prune(), 1);
      await assert.rejects(session!.query('DELETE FROM history'), (error) => codeOf(error) === 'IR100');
    });
  });
});

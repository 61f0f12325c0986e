/** A cordoned node takes nothing new: the database refuses it, whoever asks and however many at once. */
import assert from 'node:assert/strict';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import { decide, insertBareReservation, isolationLevels, withSessions } from '../support/bypass.js';
import { at, cleanUp, holdInStore, storeWithNodes, versionOf } from './fixtures.js';

const insertAllocation = `
  INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
  VALUES ($1, $2, $3, 1, $4, 0, 0, '[2030-01-01,)')`;

const isCordoned = (error: unknown): boolean => {
  assert.ok(error instanceof IrisError, `${error}`);
  assert.deepEqual([error.kindName, error.variables.node], ['capacityUnavailable', 'n1']);
  assert.match(error.what, /cordoned/);
  return true;
};

describe('a cordoned node', () => {
  afterEach(cleanUp);

  it('takes nothing new, keeps what it has, and is open again afterwards', async function () {
    const { store } = await storeWithNodes(this);
    const before = await holdInStore(store, { cpus: { n1: 2 } });
    await store.cordonNode('n1', 'root');
    await assert.rejects(holdInStore(store, { key: 2, cpus: { n1: 1 } }), isCordoned);
    await holdInStore(store, { key: 3, cpus: { n2: 1 } });
    await store.transaction(async (transaction) => {
      await transaction.commitVersion(before.connectionId, 1, 'dropped');
      await transaction.holdVersion(before.connectionId, versionOf(before, { version: 2, cpus: { n1: 4 } }), at(1));
    });
    await store.cordonNode('n1', undefined);
    await holdInStore(store, { key: 2, cpus: { n1: 1 } });
    assert.deepEqual(await store.listCordons(), []);
  });

  it('stays so over another start, and keeps who said it first', async function () {
    const { store } = await storeWithNodes(this);
    await store.cordonNode('n1', 'root');
    await store.syncNodes([
      { node: 'n1', cpus: 9, memoryMiB: 8192, diskGiB: 100 },
      { node: 'n2', cpus: 8, memoryMiB: 8192, diskGiB: 100 },
    ]);
    await store.cordonNode('n1', 'somebody else');
    await store.cordonNode('unknown', 'root');
    const [cordon, ...others] = await store.listCordons();
    assert.deepEqual([cordon!.node, cordon!.by, others], ['n1', 'root', []]);
    assert.ok(cordon!.at instanceof Date);
    const load = await store.transaction((transaction) => transaction.peakLoad(at(0), undefined));
    assert.deepEqual(
      load.map(({ node, cordoned }) => [node, cordoned]),
      [['n1', true]],
    );
  });

  for (const level of isolationLevels)
    it(`refuses sessions that go round the service, at ${level}`, async function () {
      const { url, store } = await storeWithNodes(this);
      await store.cordonNode('n1', 'root');
      await withSessions(url, 1, async ([session]) => {
        const connectionId = await insertBareReservation(session!);
        const outcome = (node: string) => decide(session!, level, insertAllocation, [connectionId, 1, node, 1]);
        assert.equal(await outcome('n1'), 'IR706');
        assert.equal(await outcome('n2'), 'done');
      });
    });

  it('is told with who holds it: of two versions the most, the longest last', async function () {
    const { store } = await storeWithNodes(this);
    const endless = await holdInStore(store, { cpus: { n1: 1 }, end: undefined });
    const ends = await holdInStore(store, { key: 2, cpus: { n1: 2 } });
    await holdInStore(store, { key: 3, cpus: { n2: 2 } });
    await store.transaction(async (transaction) => {
      await transaction.commitVersion(ends.connectionId, 1, 'dropped');
      const grown = versionOf(ends, { version: 2, key: 2, cpus: { n1: 5 }, end: at(20) });
      await transaction.holdVersion(ends.connectionId, grown, at(1));
    });
    const holders = await store.listNodeHolders('n1');
    assert.deepEqual(
      holders.map(({ connectionId, cpus, vms, from, until, built }) => [connectionId, cpus, vms, from, until, built]),
      [
        [ends.connectionId, 5, 1, at(0), at(20), false],
        [endless.connectionId, 1, 1, at(0), undefined, false],
      ],
    );
    assert.deepEqual(await store.listNodeHolders('unknown'), []);
  });
});

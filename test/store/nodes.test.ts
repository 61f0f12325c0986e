/** Nodes as the site file has them, and the mark of the site instance. */
import assert from 'node:assert/strict';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import { withSessions } from '../support/bypass.js';
import { cleanUp, holdInStore, storeWithNodes } from './fixtures.js';

describe('nodes in the store', () => {
  afterEach(cleanUp);

  const n1 = { node: 'n1', cpus: 8, memoryMiB: 8192, diskGiB: 100 };
  const n2 = { node: 'n2', cpus: 8, memoryMiB: 8192, diskGiB: 100 };

  it('follow the site file: new, changed, gone', async function () {
    const { store, url } = await storeWithNodes(this);
    await store.syncNodes([
      { ...n1, cpus: 2 },
      { ...n2, node: 'n3' },
    ]);
    const nodes = await withSessions(
      url,
      1,
      async ([session]) => (await session!.query('SELECT node FROM node ORDER BY node')).rows,
    );
    assert.deepEqual(nodes, [{ node: 'n1' }, { node: 'n3' }]);
    await assert.rejects(holdInStore(store, { cpus: { n1: 3 } }), IrisError);
  });

  it('are not lowered below what is promised, nor removed; who holds it is named and nothing changes', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store, { cpus: { n1: 6 } });
    const isHeldBy = (error: unknown) => {
      assert.ok(error instanceof IrisError, `${error}`);
      assert.equal(error.kindName, 'capacityUnavailable');
      assert.deepEqual({ ...error.variables }, { node: 'n1', heldBy: connectionId });
      return true;
    };
    await assert.rejects(
      store.syncNodes([
        { ...n1, cpus: 5 },
        { ...n2, cpus: 20 },
      ]),
      isHeldBy,
    );
    await assert.rejects(store.syncNodes([n2]), isHeldBy);
    await holdInStore(store, { key: 2, cpus: { n1: 2, n2: 8 } });
    await store.syncNodes([n1, n2]);
  });

  it('belong to a site instance with a mark of its own that stays', async function () {
    const [one, other] = [await storeWithNodes(this), await storeWithNodes(this)];
    const [mark, again] = await Promise.all([one.store.instance(), one.store.instance()]);
    assert.match(mark, /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    assert.equal(again, mark);
    assert.notEqual(await other.store.instance(), mark);
  });
});

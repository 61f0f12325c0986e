import assert from 'node:assert/strict';
import { createVmWatch } from '../../src/services/vm-watch.js';

describe('vm watch', () => {
  const running = new Map<string, string[]>();
  let answer = async (node: string): Promise<string[]> => running.get(node) ?? [];
  const watch = createVmWatch({ listRunning: (node) => answer(node) });
  const a = { node: 'n1', domainName: 'a' };
  const b = { node: 'n2', domainName: 'b' };

  it('names a VI once when a VM of it stands no more, and another time after it was remembered again', async () => {
    running.set('n1', ['a', 'foreign']).set('n2', ['b']);
    watch.remember('vi', [a, b]);
    assert.deepEqual(await watch.look('n1'), []);
    running.set('n1', ['foreign']);
    assert.deepEqual(await watch.look('n2'), [], 'that is on another node');
    assert.deepEqual(await watch.look('n1'), ['vi']);
    assert.deepEqual(await watch.look('n1'), []);
    watch.remember('vi', [a, b]);
    assert.deepEqual(await watch.look('n1'), ['vi']);
  });

  it('a VI that is taken down is not missed', async () => {
    watch.remember('vi', [a]);
    watch.forget('vi');
    assert.deepEqual(await watch.look('n1'), []);
  });

  it('what was built while the node was asked is newer than its answer', async () => {
    let resolve: (names: string[]) => void = () => {};
    answer = () =>
      new Promise((answered) => {
        resolve = answered;
      });
    watch.remember('vi', [a]);
    const looked = watch.look('n1');
    watch.remember('vi', [a]);
    resolve([]);
    assert.deepEqual(await looked, []);
  });
});

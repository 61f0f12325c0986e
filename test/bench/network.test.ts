/** One VM more costs each node a few flow-mods, however many VMs there are. */
import assert from 'node:assert/strict';
import { countForOneMore } from '../../bench/network/compile.js';

describe('bench network', function () {
  this.timeout(60_000);

  it('one VM more: messages grow with the nodes, not with the VMs', () => {
    const few = countForOneMore(20, 10);
    assert.deepEqual(countForOneMore(80, 10), few);
    const other = few[1]!;
    assert.ok(other > 0 && other < 10, `${other} messages to a node that has not the VM`);
    // The node that has it takes its port in as well.
    assert.deepEqual(few.slice(1), Array(9).fill(other));
    assert.deepEqual(countForOneMore(20, 20).slice(1), Array(19).fill(other));
  });
});

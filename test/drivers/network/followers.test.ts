/** VIs that follow a point-to-point service: each is settled in the end, however often something fails before. */
import assert from 'node:assert/strict';
import { DriverError } from '../../../src/domain/errors/driver-error.js';
import { createFollowers } from '../../../src/drivers/network/followers.js';
import type { Segment } from '../../../src/drivers/network/segments.js';

const joined = (connectionId: string, ...nodes: string[]) =>
  ({ vi: { connectionId }, topology: { nodes: new Map(nodes.map((node) => [node, {}])) } }) as unknown as Segment;
const away = new DriverError('transient', 'gw', 'does not answer');
const succeeds = async (): Promise<void> => {};
const fails = async (): Promise<void> => {
  throw away;
};

describe('VIs that follow a point-to-point service', () => {
  function create() {
    const settled: string[] = [];
    const failing = new Set<string>();
    const follow = createFollowers(async (connectionId, nodes) => {
      if (failing.has(connectionId)) throw away;
      settled.push(`${connectionId} ${[...nodes].sort()}`);
    });
    return { settled, failing, follow };
  }

  it('follow a change that failed, since elsewhere it has been made', async () => {
    const { settled, follow } = create();
    await assert.rejects(follow('s', [joined('a', 'gw')], fails), away);
    assert.deepEqual(settled, ['a gw']);
  });

  it('are tried again, on all nodes that they were on, until they could', async () => {
    const { settled, failing, follow } = create();
    failing.add('a');
    await assert.rejects(follow('s', [joined('a', 'gw', 'n1'), joined('b', 'n2')], succeeds), away);
    await assert.rejects(follow('s', [joined('a', 'n3')], succeeds), away);
    await follow('another', [], succeeds);
    assert.deepEqual(settled, ['b n2']);
    failing.clear();
    await follow('s', [], succeeds);
    await follow('s', [], succeeds);
    assert.deepEqual(settled, ['b n2', 'a gw,n1,n3']);
  });

  it('tell of everything that failed', async () => {
    const { failing, follow } = create();
    failing.add('a');
    await assert.rejects(follow('s', [joined('a', 'gw')], fails), { errorClass: 'transient', node: 'gw, gw' });
  });
});

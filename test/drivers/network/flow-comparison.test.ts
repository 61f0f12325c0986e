import assert from 'node:assert/strict';
import { createPace, isAsGiven } from '../../../src/drivers/network/ovs/flow-comparison.js';
import type { ResolvedFlow } from '../../../src/drivers/network/ovs/resolve.js';

const seenAs = (flows: readonly ResolvedFlow[]): never => structuredClone(flows) as never;

const flow = (changes: Partial<ResolvedFlow> = {}): ResolvedFlow => ({
  table_id: 3,
  priority: 200,
  cookie: 7n,
  match: { eth_dst: '52:54:00:00:00:01' },
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: 5 }] }],
  ...changes,
});

describe('flow comparison', () => {
  const given = [flow(), flow({ priority: 100 })];

  it('sees flows that are as given, in whatever order', () => {
    assert.equal(isAsGiven(seenAs([...given].reverse()), given), true);
    assert.equal(isAsGiven([], []), true);
  });

  it('sees one that is changed, exchanged, missing or too many', () => {
    const drops = flow({ instructions: [] });
    assert.equal(isAsGiven(seenAs([drops, given[1]!]), given), false);
    assert.equal(isAsGiven(seenAs([flow({ table_id: 4 }), given[1]!]), given), false);
    assert.equal(isAsGiven(seenAs([given[0]!]), given), false);
    assert.equal(isAsGiven(seenAs([...given, drops]), given), false);
  });

  it('is done after its time, and where it takes long more seldom', async () => {
    let nowMs = 0;
    let done = 0;
    const pace = createPace(1_000, () => nowMs);
    const look = (tookMs: number) =>
      pace.run(async () => {
        done += 1;
        nowMs += tookMs;
        return ['found'];
      });
    assert.deepEqual(await look(0), []);
    nowMs = 1_000;
    assert.deepEqual([await look(10), done], [['found'], 1]);
    nowMs = 1_999;
    assert.deepEqual(await look(10), []);
    nowMs = 2_000;
    await look(100);
    assert.equal(done, 2);
    nowMs = 4_099;
    await look(0);
    assert.equal(done, 2, 'a twentieth of the time is 2 s');
    nowMs = 4_100;
    await look(0);
    assert.equal(done, 3);
  });

  it('is planned anew where it failed', async () => {
    let nowMs = 1_000;
    const pace = createPace(0, () => nowMs);
    await assert.rejects(pace.run(() => Promise.reject(new Error('away'))));
    nowMs += 1;
    assert.deepEqual(await pace.run(async () => [1]), [1]);
  });
});

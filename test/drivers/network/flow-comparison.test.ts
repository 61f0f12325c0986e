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

  it('sees flows that are as given, in whatever order', async () => {
    assert.equal(await isAsGiven(seenAs([...given].reverse()), given), true);
    assert.equal(await isAsGiven([], []), true);
  });

  it('sees one that is changed, exchanged, missing or too many', async () => {
    const drops = flow({ instructions: [] });
    assert.equal(await isAsGiven(seenAs([drops, given[1]!]), given), false);
    assert.equal(await isAsGiven(seenAs([flow({ table_id: 4 }), given[1]!]), given), false);
    assert.equal(await isAsGiven(seenAs([given[0]!]), given), false);
    assert.equal(await isAsGiven(seenAs([...given, drops]), given), false);
  });

  it('of many flows lets others have their turn in between', async () => {
    const many = Array.from({ length: 1_000 }, (_, priority) => flow({ priority }));
    let turns = 0;
    let next: NodeJS.Immediate;
    const takeTurn = (): void => {
      turns += 1;
      next = setImmediate(takeTurn);
    };
    next = setImmediate(takeTurn);
    assert.equal(await isAsGiven(seenAs(many), many), true);
    clearImmediate(next);
    assert.ok(turns >= 6, `${turns} turns`);
  });

  it('is done after its time, and where it takes long more seldom', async () => {
    let nowMs = 0;
    let done = 0;
    const pace = createPace(1_000, () => nowMs);
    const look = (tookMs: number) =>
      pace.run([
        async () => {
          done += 1;
          nowMs += tookMs;
        },
      ]);
    await look(0);
    assert.equal(done, 0);
    nowMs = 1_000;
    await look(10);
    assert.equal(done, 1);
    nowMs = 1_999;
    await look(10);
    assert.equal(done, 1);
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

  it('of two nodes is done one after the other, and takes no larger part of the time than of one', async () => {
    let nowMs = 0;
    const pace = createPace(1_000, () => nowMs);
    const said: string[] = [];
    const compare = (node: string) => async () => {
      said.push(`${node} begins`);
      await Promise.resolve();
      nowMs += 100;
      said.push(`${node} ends`);
    };
    const round = ['n1 begins', 'n1 ends', 'n2 begins', 'n2 ends'];
    const nodes = [compare('n1'), compare('n2')];
    nowMs = 1_000;
    await Promise.all([pace.run(nodes), pace.run(nodes)]);
    assert.deepEqual(said, round);
    nowMs = 1_200 + 3_999;
    await pace.run(nodes);
    assert.deepEqual(said, round, 'a twentieth of the time is 4 s');
    nowMs = 1_200 + 4_000;
    await pace.run(nodes);
    assert.deepEqual(said, [...round, ...round]);
  });

  it('is planned anew where it failed, and of other nodes is done', async () => {
    let nowMs = 1_000;
    let done = 0;
    const pace = createPace(0, () => nowMs);
    const look = async () => {
      done += 1;
    };
    await pace.run([() => Promise.reject(new Error('away')), look]);
    nowMs += 1;
    await pace.run([look]);
    assert.equal(done, 2);
  });
});

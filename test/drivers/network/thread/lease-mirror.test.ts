import assert from 'node:assert/strict';
import { DriverError } from '../../../../src/domain/errors/driver-error.js';
import { createLeaseMirror } from '../../../../src/drivers/network/thread/lease-mirror.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function createMirror(heldMs: number, answer: (asked: number) => Promise<bigint>) {
  const asked: unknown[][] = [];
  const told: unknown[][] = [];
  const host = {
    ask: async (...question: unknown[]) => {
      asked.push(question);
      return answer(asked.length);
    },
    tell: (...news: unknown[]) => void told.push(news),
  };
  const first = { generation: undefined, controllers: { n1: ['unix:a'] }, heldMs };
  return { mirror: createLeaseMirror(first, host as never), asked, told };
}

describe('the lease in the thread of the driver', () => {
  it('says what it was last told, and tells of what changes', () => {
    const { mirror, told } = createMirror(1_000, async () => 1n);
    let changes = 0;
    mirror.onChange(() => (changes += 1));
    assert.deepEqual(
      [mirror.generation(), mirror.controllers('n1'), mirror.controllers('n2')],
      [undefined, ['unix:a'], []],
    );
    mirror.note({ generation: 2n, controllers: { n1: ['unix:a', 'unix:b'] } });
    mirror.note({ generation: 2n, controllers: { n1: ['unix:b'] } });
    assert.deepEqual([mirror.generation(), mirror.controllers('n1'), changes], [2n, ['unix:b'], 1]);
    mirror.noteMaster('n1', 2n);
    assert.deepEqual(told, [['noteMaster', 'n1', 2n]]);
  });

  it('is asked for each time, and its generation is that of the answer', async () => {
    const { mirror, asked } = createMirror(60_000, async (count) => BigInt(count));
    assert.deepEqual([await mirror.ensure(), await mirror.ensure(), mirror.generation()], [1n, 2n, 2n]);
    assert.equal(await mirror.raise(7n), 3n);
    assert.deepEqual(asked, [['ensureLease'], ['ensureLease'], ['raiseLease', 7n]]);
  });

  it('an answer that lay for longer than it is worth is asked for again', async () => {
    const { mirror, asked } = createMirror(50, async (count) => {
      if (count === 1) await sleep(120);
      return BigInt(count);
    });
    assert.ok((await mirror.ensure()) > 1n);
    assert.ok(asked.length > 1);
  });

  it('whose every answer lies for longer than it is worth is given up', async () => {
    const { mirror, asked } = createMirror(0, async (count) => {
      if (count > 3) throw new Error('asked once more');
      return 1n;
    });
    await assert.rejects(
      mirror.ensure(),
      (error) => error instanceof DriverError && error.errorClass === 'transient' && /too late/.test(error.message),
    );
    assert.equal(asked.length, 3);
  });

  it('that is lost is an error, and nothing is done', async () => {
    const { mirror } = createMirror(1_000, () => Promise.reject(new Error('another process has the lease')));
    await assert.rejects(mirror.ensure(), /another process has the lease/);
  });
});

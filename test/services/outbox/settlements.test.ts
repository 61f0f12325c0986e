import assert from 'node:assert/strict';
import { createSettlements } from '../../../src/services/outbox/settlements.js';

const never = 2 ** 30;

/** What is written ends when it is told to. */
function openWriter() {
  const written: (readonly string[])[] = [];
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = (ids: readonly string[]) => {
    written.push(ids);
    return new Promise<void>((resolve, reject) => void ends.push({ resolve, reject }));
  };
  return { written, ends, write };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('what has been delivered is written down', () => {
  it('together, at once when somebody hurries, and what ends meanwhile with the next', async () => {
    const { written, ends, write } = openWriter();
    const settlements = createSettlements(write, never);
    const first = Promise.all([settlements.settle('1'), settlements.settle('2')]);
    await turn();
    assert.deepEqual(written, []);
    settlements.hurry();
    await turn();
    assert.deepEqual(written, [['1', '2']]);
    const second = Promise.all([settlements.settle('3'), settlements.settle('4')]);
    settlements.hurry();
    await turn();
    assert.equal(written.length, 1, 'one statement at a time');
    ends[0]!.resolve();
    await first;
    await turn();
    assert.deepEqual(written[1], ['3', '4']);
    ends[1]!.resolve();
    await second;
  });

  it('soon, though nobody hurries', async () => {
    const { written, ends, write } = openWriter();
    const settled = createSettlements(write, 1).settle('1');
    while (ends.length === 0) await turn();
    ends[0]!.resolve();
    await settled;
    assert.deepEqual(written, [['1']]);
  });

  it('also after one that could not be, which only those hear that were in it', async () => {
    const { written, ends, write } = openWriter();
    const settlements = createSettlements(write, 1);
    const failed = assert.rejects(settlements.settle('1'), /gone/);
    while (ends.length === 0) await turn();
    const next = settlements.settle('2');
    ends[0]!.reject(new Error('gone'));
    await failed;
    while (ends.length === 1) await turn();
    ends[1]!.resolve();
    await next;
    assert.deepEqual(written, [['1'], ['2']]);
  });
});

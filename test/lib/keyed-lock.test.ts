import assert from 'node:assert/strict';
import { createKeyedLock } from '../../src/lib/keyed-lock.js';

describe('keyed lock', () => {
  it('runs tasks of one key in turn, also after one that failed, and other keys at once', async () => {
    const lock = createKeyedLock();
    const seen: string[] = [];
    let release = (): void => {};
    const held = lock('a', async () => {
      seen.push('a1 begins');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      seen.push('a1 fails');
      throw new Error('a1');
    });
    const next = lock('a', async () => seen.push('a2'));
    await lock('b', async () => seen.push('b1'));
    release();
    await assert.rejects(held, /a1/);
    await next;
    assert.deepEqual(seen, ['a1 begins', 'b1', 'a1 fails', 'a2']);
  });
});

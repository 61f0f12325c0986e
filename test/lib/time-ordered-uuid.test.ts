import assert from 'node:assert/strict';
import { timeOrderedUuid } from '../../src/lib/time-ordered-uuid.js';

describe('time-ordered UUIDs', () => {
  it('begin with the time, and are of version 7', () => {
    // The time of the example in RFC 9562, appendix A.6.
    assert.match(timeOrderedUuid(0x017f22e279b0), /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('follow each other as their times do, and differ at one time', () => {
    const times = [1, 255, 256, 0xffff_ffff, 0x1_0000_0000, 1_795_305_600_000];
    const made = times.map(timeOrderedUuid);
    assert.deepEqual(made, made.toSorted());
    assert.notEqual(timeOrderedUuid(1), timeOrderedUuid(1));
  });
});

import assert from 'node:assert/strict';
import { createSeenCookies } from '../../../src/drivers/network/ovs/seen-cookies.js';

describe('cookies that were seen on a switch', () => {
  it('lack none before all were read', () => {
    const seen = createSeenCookies();
    assert.equal(seen.lacks(1n), false);
    seen.note([2n]);
    assert.equal(seen.lacks(1n), false);
  });

  it('lack those that were not there, and those that have gone, until they are seen again', () => {
    const seen = createSeenCookies();
    seen.note([3n]);
    seen.noteAll([1n, 2n], [2n]);
    assert.deepEqual([1n, 2n, 3n, 4n].map(seen.lacks), [false, true, false, true]);
    seen.note([2n]);
    assert.equal(seen.lacks(2n), false);
    seen.noteAll([1n], []);
    assert.equal(seen.lacks(2n), false, 'it may have come after that was read');
  });
});

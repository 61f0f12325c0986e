import assert from 'node:assert/strict';
import { createHeardIds } from '../../../src/client/nsi/heard-ids.js';

describe('nsi: notifications that have been heard', () => {
  it('are each new once, in whatever order they come', () => {
    const heard = createHeardIds();
    assert.deepEqual(
      [2, 1, 2, 1, 0, 3].map((id) => heard.hear(id)),
      [true, true, false, false, true, true],
    );
    assert.equal(heard.lowestNotHeard(), 4);
  });

  it('an id that there is not is not waited for where all up to another have been told', () => {
    const heard = createHeardIds();
    for (const id of [10, 11, 13]) heard.hear(id);
    assert.equal(heard.lowestNotHeard(), 0);
    heard.hearAllUpTo(11);
    assert.equal(heard.lowestNotHeard(), 12);
    heard.hear(12);
    assert.equal(heard.lowestNotHeard(), 14);
    heard.hearAllUpTo(5);
    assert.equal(heard.lowestNotHeard(), 14);
  });

  it('take bounded room: of too many above a gap the gap is given up', () => {
    const heard = createHeardIds(3);
    for (const id of [5, 7, 9]) heard.hear(id);
    assert.equal(heard.lowestNotHeard(), 0);
    assert.equal(heard.hear(11), true);
    assert.deepEqual([heard.lowestNotHeard(), heard.hear(4), heard.hear(9)], [6, false, false]);
  });
});

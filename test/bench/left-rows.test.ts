import assert from 'node:assert/strict';
import { compareLeft } from '../../bench/cycle/left-rows.js';

describe('the rows that cycles leave', () => {
  it('are told where they differ', () => {
    assert.deepEqual(
      compareLeft({ history: 11, nsi_result: 4, outbox: 3.99 }, { history: 11, nsi_result: 3, outbox: 4 }),
      [
        'rows of nsi_result per cycle: 4 by the floor, 3 by Iris',
        'rows of outbox per cycle: 3.99 by the floor, 4 by Iris',
      ],
    );
  });

  it('are not told of where they are the same', () => {
    assert.deepEqual(compareLeft({ history: 11, outbox: 4 }, { history: 11, outbox: 4 }), []);
  });
});

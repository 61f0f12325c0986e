import assert from 'node:assert/strict';
import { createDestinations } from '../../../src/services/outbox/destinations.js';

const there = 'http://192.0.2.1';

describe('destinations', () => {
  it('one that fails is remembered until something arrives', () => {
    const destinations = createDestinations();
    destinations.note(there, false);
    assert.deepEqual([destinations.isFailing(there), destinations.taken(4)], [true, { [there]: 3 }]);
    destinations.note(there, true);
    assert.deepEqual([destinations.isFailing(there), destinations.taken(4)], [false, {}]);
  });

  it('one that was given up is forgotten when nothing else of it is counted', () => {
    const destinations = createDestinations();
    for (const origin of ['database', 'hand'] as const) {
      destinations.begin(there, origin);
      destinations.note(there, false);
      destinations.forget(there);
      assert.ok(destinations.isFailing(there), origin);
      destinations.end(there, origin);
      destinations.forget(there);
      assert.deepEqual([destinations.isFailing(there), destinations.taken(4)], [false, {}], origin);
    }
  });
});

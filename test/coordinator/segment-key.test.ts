/** A key is chosen that every site offers and none has, whenever there is one. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chooseSegmentKey } from '../../src/coordinator/segment-key.js';

const key = fc.integer({ min: 1, max: 12 });
const offer = fc.record({ from: key, to: key, taken: fc.array(key) });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('choosing a segment key', () => {
  it('finds a free key exactly when there is one', () => {
    fc.assert(
      fc.property(
        fc.array(offer, { minLength: 1, maxLength: 3 }),
        fc.array(key),
        fraction,
        (offers, except, random) => {
          const free = Array.from({ length: 12 }, (_, index) => index + 1).filter(
            (candidate) =>
              !except.includes(candidate) &&
              offers.every(({ from, to, taken }) => candidate >= from && candidate <= to && !taken.includes(candidate)),
          );
          const chosen = chooseSegmentKey(offers, except, () => random);
          if (free.length === 0) assert.equal(chosen, undefined);
          else assert.ok(chosen !== undefined && free.includes(chosen), `${chosen} of ${free}`);
        },
      ),
    );
  });
});

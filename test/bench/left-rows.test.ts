import assert from 'node:assert/strict';
import { compareLeft } from '../../bench/cycle/left-rows.js';

describe('the rows that cycles leave', () => {
  it('are told where they differ', () => {
    assert.deepEqual(
      compareLeft(
        { cycles: 100, rows: { history: 1_100, nsi_result: 400, outbox: 399 } },
        { cycles: 50, rows: { history: 550, nsi_result: 150, outbox: 200 } },
      ),
      [
        'rows of nsi_result per cycle: 4.00 (400 of 100 cycles) by the floor, 3.00 (150 of 50 cycles) by Iris',
        'rows of outbox per cycle: 3.99 (399 of 100 cycles) by the floor, 4.00 (200 of 50 cycles) by Iris',
      ],
    );
  });

  it('are told of where one row of very many cycles is missing', () => {
    const floor = { cycles: 30_000, rows: { history: 330_000 } };
    for (const history of [109_999, 110_001])
      assert.deepEqual(compareLeft(floor, { cycles: 10_000, rows: { history } }), [
        `rows of history per cycle: 11.00 (330000 of 30000 cycles) by the floor, 11.00 (${history} of 10000 cycles) by Iris`,
      ]);
  });

  it('are not told of where they are the same', () => {
    assert.deepEqual(
      compareLeft(
        { cycles: 30_000, rows: { history: 330_000, outbox: 0 } },
        { cycles: 7, rows: { history: 77, outbox: 0 } },
      ),
      [],
    );
  });

  it('are told of where there were no cycles', () => {
    const none = { cycles: 0, rows: { history: 0 } };
    const some = { cycles: 10, rows: { history: 110 } };
    for (const [floor, iris] of [
      [none, some],
      [some, none],
    ] as const)
      assert.equal(compareLeft(floor, iris).length, 1);
  });
});

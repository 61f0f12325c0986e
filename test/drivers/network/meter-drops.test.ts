import assert from 'node:assert/strict';
import { createMeterDrops } from '../../../src/drivers/network/ovs/meter-drops.js';
import { firstRateMeter } from '../../../src/drivers/network/plan/point-to-point.js';

/** A switch whose meters have dropped so much, by number. */
const sessionWith = (dropped: Record<number, bigint>) => ({
  multipart: (async () =>
    Object.entries(dropped).map(([id, packet_band_count]) => ({
      meter_id: Number(id),
      band_stats: [{ packet_band_count, byte_band_count: 0n }],
    }))) as never,
});

describe('what the meters of ports have dropped', () => {
  it('is what they have dropped since the first look, over meters that go and come again', async () => {
    const drops = createMeterDrops();
    assert.equal(drops.count(), 0);
    const expected: [Record<number, bigint>, number][] = [
      [{ 1: 100n }, 0],
      [{ 1: 104n, 2: 3n }, 7],
      [{ 2: 3n }, 7],
      [{ 1: 2n, 2: 5n }, 11],
      [{ 1: 1n, 2: 5n }, 12],
    ];
    for (const [dropped, count] of expected) {
      await drops.look(sessionWith(dropped));
      assert.equal(drops.count(), count);
    }
  });

  it('is counted by one process only: not what was dropped after it was forgotten, until the next look', async () => {
    const drops = createMeterDrops();
    await drops.look(sessionWith({ 1: 100n }));
    await drops.look(sessionWith({ 1: 104n }));
    drops.forget();
    await drops.look(sessionWith({ 1: 150n }));
    assert.equal(drops.count(), 4);
    await drops.look(sessionWith({ 1: 151n }));
    const late = drops.look(sessionWith({ 1: 160n }));
    drops.forget();
    await late;
    await drops.look(sessionWith({ 1: 170n }));
    assert.equal(drops.count(), 5);
  });

  it('leaves out the meters of point-to-point services, which bound something else', async () => {
    const drops = createMeterDrops();
    await drops.look(sessionWith({}));
    await drops.look(sessionWith({ [firstRateMeter]: 9n, 7: 1n }));
    assert.equal(drops.count(), 1);
  });
});

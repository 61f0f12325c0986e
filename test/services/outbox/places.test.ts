import assert from 'node:assert/strict';
import { createPlaces, type Origin, type Places } from '../../../src/services/outbox/places.js';

describe('places at a destination', () => {
  const enterAll = (places: Places, destination: string, origins: readonly Origin[], entered: string[]) =>
    origins.map((origin, index) => places.enter(destination, origin).then(() => entered.push(`${origin} ${index}`)));
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('are so many; who leaves hands its own to who has waited longest, what comes from the database first', async () => {
    const places = createPlaces(2);
    const entered: string[] = [];
    enterAll(places, 'a', ['hand', 'hand', 'hand', 'database', 'hand', 'database'], entered);
    await settled();
    assert.deepEqual(entered, ['hand 0', 'hand 1']);
    const expected = ['database 3', 'database 5', 'hand 2', 'hand 4'];
    for (const [index, next] of expected.entries()) {
      places.leave('a', entered[index]!.split(' ')[0] as Origin);
      await settled();
      assert.equal(entered.at(-1), next);
    }
    assert.deepEqual([places.count('hand'), places.count('database')], [2, 0]);
  });

  it('of one destination are no other’s', async () => {
    const places = createPlaces(1);
    const entered: string[] = [];
    enterAll(places, 'a', ['hand', 'hand'], entered);
    enterAll(places, 'b', ['hand'], entered);
    await settled();
    assert.deepEqual(entered, ['hand 0', 'hand 0']);
  });
});

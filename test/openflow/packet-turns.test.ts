import assert from 'node:assert/strict';
import { createPacketTurns } from '../../src/openflow/packet-turns.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const spin = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

/** Has so many packets left, each of which takes a while. */
function createSession(name: string, left: number, handled: string[], eachMs = 0): () => boolean {
  return () => {
    spin(eachMs);
    handled.push(name);
    left -= 1;
    return left > 0;
  };
}

describe('turns of packet-ins', () => {
  it('handle at once what there is time for', () => {
    const handled: string[] = [];
    const turns = createPacketTurns(60_000);
    turns.ready(createSession('a', 2, handled));
    turns.ready(createSession('b', 1, handled));
    assert.deepEqual(handled, ['a', 'a', 'b']);
  });

  it('end when their time is over, and let everything else go on', async () => {
    const handled: string[] = [];
    const turns = createPacketTurns(1);
    const flood = createSession('flood', 5, handled, 2);
    turns.ready(flood);
    assert.deepEqual(handled, ['flood'], 'one is more than the time of a turn');
    turns.ready(createSession('late', 1, handled));
    assert.deepEqual(handled, ['flood'], 'nothing more in this turn');
    await turn();
    assert.equal(handled.length, 2);
    for (let others = 0; handled.length < 6; others += 1) {
      assert.ok(others < 100);
      await turn();
    }
    assert.deepEqual(
      handled.slice(0, 3).sort(),
      ['flood', 'flood', 'late'],
      'a switch that floods keeps no other waiting',
    );
  });

  it('do not begin anew before the next turn, though their time went by elsewhere', async () => {
    const handled: string[] = [];
    const turns = createPacketTurns(1);
    turns.ready(createSession('a', 1, handled));
    spin(2);
    turns.ready(createSession('b', 1, handled));
    assert.deepEqual(handled, ['a']);
    await turn();
    assert.deepEqual(handled, ['a', 'b']);
  });

  it('go round: everybody has a few, one after the other', async () => {
    const handled: string[] = [];
    const turns = createPacketTurns(1);
    turns.ready(createSession('first', 1, handled, 2));
    for (const name of ['a', 'b']) turns.ready(createSession(name, 3, handled));
    await turn();
    for (let others = 0; handled.length < 7; others += 1) {
      assert.ok(others < 100);
      await turn();
    }
    assert.deepEqual(handled.slice(1, 5), ['a', 'b', 'a', 'b']);
  });
});

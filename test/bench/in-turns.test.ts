import assert from 'node:assert/strict';
import { counted, measureInTurns } from '../../bench/cycle/in-turns.js';

describe('measurements in turns', () => {
  it('have everybody in every round, up and down, and the first warms up', async () => {
    const order: string[] = [];
    let count = 0;
    const runs = await measureInTurns({
      kinds: ['floor', 'iris'] as const,
      clients: [8, 64],
      rounds: 2,
      async run(kind, clients) {
        order.push(`${kind} ${clients}`);
        count += 1;
        return count;
      },
      onTurn: (clients, round) => void order.push(`round ${round}: ${clients}`),
    });
    const up = ['floor 8', 'iris 8', 'floor 64', 'iris 64'];
    assert.deepEqual(
      order.filter((line) => !line.startsWith('round')),
      [...up, 'floor 64', 'iris 64', 'floor 8', 'iris 8', ...up],
    );
    assert.equal(order[0], 'round 0: 8');
    assert.deepEqual(runs.get(8), { floor: [1, 7, 9], iris: [2, 8, 10] });
    assert.deepEqual(counted(runs.get(64)!.iris), [6, 12]);
  });
});

import assert from 'node:assert/strict';
import { createLines } from '../../../src/services/outbox/lines.js';

describe('what a process has of a connection', () => {
  it('is in line until it has ended, in order, and told apart by connection', async () => {
    const lines = createLines();
    const ends: ((arrived: boolean) => void)[] = [];
    const send = () => new Promise<boolean>((resolve) => void ends.push(resolve));
    const first = lines.join('a', '1', send);
    lines.join('a', '2', send);
    lines.join('b', '3', send);
    lines.join(undefined, '4', send);
    assert.deepEqual([...lines.connections()], ['a', 'b']);
    assert.deepEqual(
      lines.of('a').map(({ id }) => id),
      ['1', '2'],
    );
    const ahead = lines.of('a');
    ends[0]!(true);
    assert.equal(await first, true);
    ends[1]!(false);
    assert.deepEqual(await Promise.all(ahead.map(({ arrived }) => arrived)), [true, false]);
    assert.deepEqual(lines.of('a'), []);
    assert.deepEqual([...lines.connections()], ['b']);
  });
});

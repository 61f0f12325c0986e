/** What a ping missed, from what it printed. */
import assert from 'node:assert/strict';
import { deriveInterruption, parseReplies } from '../../../src/testbed/nested/ping-watch.js';

const output = `PING 192.0.2.9 (192.0.2.9) 56(84) bytes of data.
[1700000000.000400] 64 bytes from 192.0.2.9: icmp_seq=1 ttl=64 time=0.1 ms
[1700000000.050000] 64 bytes from 192.0.2.9: icmp_seq=2 ttl=64 time=0.4 ms
[1700000000.350000] From 192.0.2.1 icmp_seq=4 Destination Host Unreachable
[1700000000.450000] 64 bytes from 192.0.2.9: icmp_seq=10 ttl=64 time=0.4 ms
[1700000000.450100] 64 bytes from 192.0.2.9: icmp_seq=10 ttl=64 time=0.5 ms (DUP!)
[1700000000.460000] 64 bytes from 192.0.2.9: icmp_seq=3 ttl=64 time=360 ms
[1700000000.600000] 64 bytes from 192.0.2.9: icmp_seq=11 ttl=64 time=100 ms
`;

const epoch = 1_700_000_000_000;

describe('a ping that is watched', () => {
  const replies = parseReplies(output);

  it('has its answers with their times, and nothing else that ping says', () => {
    assert.deepEqual(
      replies.map(({ sequence, sentAtMs, atMs }) => [sequence, Math.round(sentAtMs - epoch), Math.round(atMs - epoch)]),
      [
        [1, 0, 0],
        [2, 50, 50],
        [10, 450, 450],
        [10, 450, 450],
        [3, 100, 460],
        [11, 500, 600],
      ],
    );
  });

  it('was interrupted for the longest row without an answer; what is only late is no loss', () => {
    const { outageMs, lost } = deriveInterruption(replies, 0, Number.POSITIVE_INFINITY)!;
    assert.deepEqual([Math.round(outageMs), lost], [350, 6]);
  });

  it('says what became of those sent within a time only', () => {
    assert.deepEqual(deriveInterruption(replies, epoch + 400, epoch + 1_000), { outageMs: 0, lost: 0 });
    assert.equal(deriveInterruption(replies, epoch + 700, epoch + 1_000), undefined);
  });
});

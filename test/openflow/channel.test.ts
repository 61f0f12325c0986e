import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createChannel } from '../../src/openflow/channel.js';
import { defaultLimits } from '../../src/openflow/limits.js';
import { encodeMessage } from '../../src/wire/openflow/message-codec.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** As one over TLS: there is always more to read, and it comes in pieces of one record each, 16,384 bytes at most. */
function createRecords(left: number): Socket {
  const record = encodeMessage({ type: 'echo_reply', data: new Uint8Array(16_384 - 8) }, 1);
  const stream = new Duplex({
    read() {
      if (left > 0) this.push(record);
      left -= 1;
    },
    write: (_bytes, _encoding, done) => done(),
  });
  return Object.assign(stream, { setNoDelay: () => stream, destroySoon: () => stream.destroy() }) as unknown as Socket;
}

describe('a channel', () => {
  it('reads 64 KiB of one switch in a turn of the event loop, however small the pieces', async () => {
    let frames = 0;
    const channel = createChannel(createRecords(12), defaultLimits, {
      frame: () => (frames += 1),
      batchEnd: () => {},
      drained: () => {},
      closed: () => {},
    });
    const readUntil: number[] = [];
    while (frames < 12) {
      assert.ok(readUntil.length < 100);
      await turn();
      if (frames > (readUntil.at(-1) ?? 0)) readUntil.push(frames);
    }
    channel.close('the test is over');
    assert.deepEqual(readUntil, [4, 8, 12]);
  });
});

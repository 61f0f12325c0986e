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

/** Keeps what is written to it. */
function createSink(): { socket: Socket; writes: Buffer[] } {
  const writes: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(bytes, _encoding, done) {
      writes.push(bytes);
      done();
    },
  });
  const socket = Object.assign(stream, { setNoDelay: () => stream, destroySoon: () => stream.destroy() });
  return { socket: socket as unknown as Socket, writes };
}

const noHandlers = { frame: () => {}, batchEnd: () => {}, drained: () => {}, closed: () => {} };

describe('a channel', () => {
  it('reads 64 KiB of one switch in a turn of the event loop, however small the pieces', async () => {
    let frames = 0;
    const channel = createChannel(createRecords(12), defaultLimits, { ...noHandlers, frame: () => (frames += 1) });
    const readUntil: number[] = [];
    while (frames < 12) {
      assert.ok(readUntil.length < 100);
      await turn();
      if (frames > (readUntil.at(-1) ?? 0)) readUntil.push(frames);
    }
    channel.close('the test is over');
    assert.deepEqual(readUntil, [4, 8, 12]);
  });

  it('writes what it answers in a turn at once, when all that was to be read has been', async () => {
    const { socket, writes } = createSink();
    const channel = createChannel(socket, defaultLimits, noHandlers);
    const request = (xid: number) => encodeMessage({ type: 'echo_request', data: Buffer.of(xid) }, xid);
    socket.emit('data', request(1));
    socket.emit('data', request(2));
    assert.equal(writes.length, 0);
    await turn();
    const reply = (xid: number) => encodeMessage({ type: 'echo_reply', data: Buffer.of(xid) }, xid);
    assert.deepEqual(writes, [Buffer.concat([reply(1), reply(2)])]);
    channel.close('the test is over');
  });

  it('writes what nobody asked for before anything else happens', async () => {
    const { socket, writes } = createSink();
    const channel = createChannel(socket, defaultLimits, noHandlers);
    channel.send({ type: 'barrier_request' }, 1);
    channel.send({ type: 'barrier_request' }, 2);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(writes, [Buffer.concat([1, 2].map((xid) => encodeMessage({ type: 'barrier_request' }, xid)))]);
    channel.close('the test is over');
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { openRawChannel, type RawChannel, toRawStream } from '../../bench/controller/raw-channel.js';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type ReceivedMessage,
} from '../../src/wire/openflow/message-codec.js';

const empty = Buffer.alloc(0);
const tableFull: Message = { type: 'error', error_type: 5, error_code: 1, data: empty };

/** A switch that does with each message as it is told. */
async function withSwitch(
  onMessage: (message: ReceivedMessage, send: (message: Message) => void, socket: Socket) => void,
  work: (channel: RawChannel) => Promise<void>,
): Promise<void> {
  const server = createServer((socket) => {
    const splitter = createFrameSplitter();
    const send = (message: Message): void => void socket.write(encodeMessage(message, 7));
    socket.on('error', () => {});
    socket.on('data', (chunk) =>
      splitter.push(chunk, ({ bytes }, start, end) => {
        onMessage(decodeMessage(Buffer.from(bytes.subarray(start, end))), send, socket);
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const channel = openRawChannel(connect((server.address() as AddressInfo).port, '127.0.0.1'));
  try {
    await work(channel);
  } finally {
    channel.close();
    server.close();
  }
}

const barrierOnly = toRawStream([]);

describe('the raw channel of the benchmarks', () => {
  it('resolves with the answer to the barrier', () =>
    withSwitch(
      ({ type }, send) => type === 'barrier_request' && send({ type: 'barrier_reply' }),
      async (channel) => {
        await channel.push(barrierOnly);
        assert.ok(channel.isOpen);
      },
    ));

  it('answers echo requests, which a switch drops the connection without', () =>
    withSwitch(
      (message, send) => {
        if (message.type === 'barrier_request') send({ type: 'echo_request', data: Buffer.from('alive?') });
        if (message.type === 'echo_reply' && message.data.toString() === 'alive?' && message.xid === 7)
          send({ type: 'barrier_reply' });
      },
      (channel) => channel.push(barrierOnly),
    ));

  it('rejects when the switch refuses, although the barrier is answered', () =>
    withSwitch(
      ({ type }, send) => {
        if (type !== 'barrier_request') return;
        send(tableFull);
        send({ type: 'barrier_reply' });
      },
      async (channel) => {
        await assert.rejects(channel.push(barrierOnly), /FLOW_MOD_FAILED.*TABLE_FULL/i);
        await assert.rejects(channel.push(barrierOnly), /TABLE_FULL/i, 'what comes after it is of no use');
        assert.ok(!channel.isOpen);
      },
    ));

  it('rejects when the connection is closed, whatever it waits for, and from then on', () =>
    withSwitch(
      ({ type }, _, socket) => type === 'multipart_request' && socket.destroy(),
      async (channel) => {
        await assert.rejects(channel.readFlows(), /raw channel: the connection has been closed|ECONNRESET/);
        await assert.rejects(channel.push(barrierOnly), /raw channel: the connection has been closed|ECONNRESET/);
      },
    ));
});

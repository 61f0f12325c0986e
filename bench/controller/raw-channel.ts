/** OpenFlow with a switch and no controller in between: what flows it has, and the fastest way to give it some. */
import type { Socket } from 'node:net';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/openflow/message-codec.js';
import { messages } from '../../src/wire/openflow/messages.js';
import { moreFollows } from '../../src/wire/openflow/multipart.js';

export interface RawChannel {
  /** All flows of the switch, as messages that make them. */
  readFlows(): Promise<Message[]>;
  /** One write; resolves with the answer to its barrier. */
  push(stream: Buffer): Promise<void>;
  close(): void;
}

/** Behind one barrier. */
export const toRawStream = (flows: readonly Message[]): Buffer =>
  Buffer.concat([
    ...flows.map((flow, index) => encodeMessage(flow, index + 1)),
    encodeMessage({ type: 'barrier_request' }, flows.length + 1),
  ]);

export function openRawChannel(socket: Socket): RawChannel {
  const splitter = createFrameSplitter();
  let heard = (_: Buffer): void => {};
  socket.on('error', () => {});
  socket.on('data', (chunk) => splitter.push(chunk, ({ bytes }, start, end) => heard(bytes.subarray(start, end))));
  socket.write(encodeMessage({ type: 'hello', elements: ourHelloElements }, 0));
  return {
    readFlows() {
      const flows: Message[] = [];
      socket.write(encodeMessage({ type: 'multipart_request', part: 'flow', body: {} }, 1));
      return new Promise((resolve) => {
        heard = (bytes) => {
          const message = decodeMessage(Buffer.from(bytes));
          if (message.type !== 'multipart_reply' || message.part !== 'flow') return;
          for (const {
            table_id,
            priority,
            cookie,
            match,
            instructions,
            flags,
            idle_timeout,
            hard_timeout,
          } of message.body)
            flows.push({
              ...{ type: 'flow_mod', command: 'add', table_id, priority, cookie, match, instructions, flags },
              ...{ idle_timeout, hard_timeout },
            });
          if ((message.flags & moreFollows) === 0) resolve(flows);
        };
      });
    },
    push(stream) {
      return new Promise((resolve) => {
        heard = (bytes) => {
          if (bytes[1] === messages.barrier_reply.number) resolve();
        };
        socket.write(stream);
      });
    },
    close: () => socket.destroy(),
  };
}

/** OpenFlow with a switch and no controller in between: what flows it has, and the fastest way to give it some. */
import type { Socket } from 'node:net';
import { createFrameSplitter } from '../../src/openflow/frame-splitter.js';
import { nameOfError } from '../../src/wire/openflow/error-names.js';
import { ourHelloElements } from '../../src/wire/openflow/hello.js';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/openflow/message-codec.js';
import { messages } from '../../src/wire/openflow/messages.js';
import { moreFollows } from '../../src/wire/openflow/multipart.js';

export interface RawChannel {
  readonly isOpen: boolean;
  /** All flows of the switch, as messages that make them. Rejects, as `push` does, when the switch refuses anything or the channel closes. */
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

const nothing = (): void => {};

/** Told of each message; calls `done` when the question is answered. */
type Hear<T> = (bytes: Buffer, done: (result: T) => void) => void;

export function openRawChannel(socket: Socket): RawChannel {
  const splitter = createFrameSplitter();
  let reason: Error | undefined;
  let heard: (bytes: Buffer) => void = nothing;
  let fail: (error: Error) => void = nothing;

  /** Of what comes after it nobody can say what it answers. */
  function giveUp(error: Error): void {
    reason ??= error;
    heard = nothing;
    fail(reason);
    socket.destroy();
  }
  function answerEcho(bytes: Buffer): void {
    const reply = Buffer.from(bytes);
    reply[1] = messages.echo_reply.number;
    socket.write(reply);
  }
  function refuse(bytes: Buffer): void {
    const message = decodeMessage(Buffer.from(bytes));
    if (message.type === 'error')
      giveUp(new Error(`raw channel: the switch answered ${nameOfError(message.error_type, message.error_code)}`));
  }
  /** A switch whose echo is not answered closes the connection. */
  function take(bytes: Buffer): void {
    if (bytes[1] === messages.echo_request.number) answerEcho(bytes);
    else if (bytes[1] === messages.error.number) refuse(bytes);
    else heard(bytes);
  }
  const ask = <T>(question: Buffer, hear: Hear<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (reason !== undefined) throw reason;
      fail = reject;
      heard = (bytes) => hear(bytes, resolve);
      socket.write(question);
    });

  socket.on('error', giveUp);
  socket.on('close', () => giveUp(new Error('raw channel: the connection has been closed')));
  socket.on('data', (chunk) => splitter.push(chunk, ({ bytes }, start, end) => take(bytes.subarray(start, end))));
  socket.write(encodeMessage({ type: 'hello', elements: ourHelloElements }, 0));
  return {
    get isOpen() {
      return reason === undefined;
    },
    readFlows() {
      const flows: Message[] = [];
      const question = encodeMessage({ type: 'multipart_request', part: 'flow', body: {} }, 1);
      return ask<Message[]>(question, (bytes, done) => {
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
        if ((message.flags & moreFollows) === 0) done(flows);
      });
    },
    push: (stream) =>
      ask<void>(stream, (bytes, done) => {
        if (bytes[1] === messages.barrier_reply.number) done();
      }),
    close: () => socket.destroy(),
  };
}

/**
 * Requests and answers over a channel: gives each message its xid, brings answers and ERRORs back to who asked, and
 * hands on the rest. It knows neither the handshake nor what a switch is for.
 */
import type { Socket } from 'node:net';
import type { Chunk } from '../wire/binary/chunk.js';
import {
  decodeMessage,
  type Message,
  type MessageName,
  type Received,
  type ReceivedMessage,
  readHeader,
} from '../wire/openflow/message-codec.js';
import { messages } from '../wire/openflow/messages.js';
import type { PartName, PartReply, PartRequest } from '../wire/openflow/multipart.js';
import type { PacketOutHead } from '../wire/openflow/packet-out-head.js';
import { WireError } from '../wire/wire-error.js';
import { type Channel, createChannel } from './channel.js';
import type { OnFrame } from './frame-splitter.js';
import type { ControllerLimits } from './limits.js';
import { assembleMultipart } from './multipart-assembly.js';
import { OpenflowError, type Refusal } from './openflow-error.js';
import { createPendingRequests } from './pending-requests.js';
import type { Answers, Request } from './switch-session.js';
import { createXidSource } from './xid-source.js';

/** None of them may throw. */
export interface ExchangeHandlers {
  /** Neither packet-in nor anybody's answer. */
  message(message: ReceivedMessage, headerVersion: number): void;
  packetIn: OnFrame;
  unreadable(error: WireError, frame: Buffer): void;
  batchEnd(): void;
  drained(): void;
  closed(reason: string): void;
}

/** Messages with consecutive xids whose ERRORs are collected. */
export interface RefusalWatch {
  readonly refusals: readonly Refusal[];
  end(): void;
}

export interface Exchange {
  readonly channel: Channel;
  /** For the messages of errors. */
  name: string;
  takeXids(count: number): number;
  send(message: Message): number;
  sendPacket(head: PacketOutHead, inPort: number, packet: Uint8Array): void;
  request<N extends keyof Answers>(message: Request<N>, deadlineMs?: number): Promise<Received<Answers[N]>>;
  /** `accepted` is called before any message that follows the answer is looked at. */
  multipart<P extends PartName>(
    part: P,
    body: PartRequest<P>,
    accepted?: (reply: PartReply<P>) => void,
  ): Promise<PartReply<P>>;
  watchRefusals(firstXid: number, count: number): RefusalWatch;
}

const answers: { [N in keyof Answers]: Answers[N] } = {
  echo_request: 'echo_reply',
  get_config_request: 'get_config_reply',
  barrier_request: 'barrier_reply',
  role_request: 'role_reply',
  get_async_request: 'get_async_reply',
  features_request: 'features_reply',
  bundle_control: 'bundle_control',
};

/** What switches send by themselves, with xids of their own choice that may equal one of ours. */
const unasked: ReadonlySet<string> = new Set(['hello', 'port_status', 'flow_removed']);

interface Watched {
  firstXid: number;
  count: number;
  refusals: Refusal[];
}

export function createExchange(
  socket: Socket,
  name: string,
  limits: ControllerLimits,
  handlers: ExchangeHandlers,
): Exchange {
  const pending = createPendingRequests(() => exchange.name);
  const xids = createXidSource(pending.has);
  const watches = new Set<Watched>();
  const channel = createChannel(socket, limits, {
    frame,
    batchEnd: handlers.batchEnd,
    drained: handlers.drained,
    closed(reason) {
      pending.rejectAll(reason);
      handlers.closed(reason);
    },
  });

  function frame(chunk: Chunk, start: number, end: number): void {
    const { bytes } = chunk;
    if (bytes[start + 1] === messages.packet_in.number) {
      handlers.packetIn(chunk, start, end);
      return;
    }
    const message = decoded(bytes.subarray(start, end));
    if (message !== undefined && !isExpected(message, end - start)) handlers.message(message, bytes[start]!);
  }

  function isExpected(message: ReceivedMessage, bytes: number): boolean {
    if (message.type === 'error') return refused(message);
    return !unasked.has(message.type) && pending.answer(message, bytes);
  }

  function decoded(bytes: Buffer): ReceivedMessage | undefined {
    try {
      return decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      pending.unreadable(readHeader(bytes).xid, error);
      handlers.unreadable(error, bytes);
      return undefined;
    }
  }

  function refused(error: Received<'error'>): boolean {
    if (pending.refuse(error)) return true;
    for (const watched of watches) {
      const index = error.xid - watched.firstXid;
      if (index < 0 || index >= watched.count) continue;
      watched.refusals.push({ index, errorType: error.error_type, errorCode: error.error_code });
      return true;
    }
    return false;
  }

  function send(message: Message): number {
    const xid = xids.take(1);
    channel.send(message, xid);
    return xid;
  }

  const sendPacket = (head: PacketOutHead, inPort: number, packet: Uint8Array): void =>
    channel.sendPacket(head, inPort, packet, xids.take(1));

  function request<N extends keyof Answers>(
    message: Request<N>,
    deadlineMs = limits.requestMs,
  ): Promise<Received<Answers[N]>> {
    const { type } = message as { type: N };
    const wanted: MessageName = answers[type];
    return ask(message as Message, type, deadlineMs, (answer) => {
      if (answer.type === wanted) return answer as Received<Answers[N]>;
      throw new OpenflowError('unreadable', exchange.name, `${type} was answered by ${answer.type}`);
    });
  }

  /** Async, so that a message that cannot be written rejects as well. */
  async function ask<T>(
    message: Message,
    what: string,
    deadlineMs: number,
    accept: (answer: ReceivedMessage, bytes: number) => T | undefined,
  ): Promise<T> {
    const xid = send(message);
    return pending.wait(xid, what, deadlineMs, accept);
  }

  function multipart<P extends PartName>(
    part: P,
    body: PartRequest<P>,
    accepted: (reply: PartReply<P>) => void = () => {},
  ): Promise<PartReply<P>> {
    const assemble = assembleMultipart(part, limits.multipartBytes, () => exchange.name);
    const message = { type: 'multipart_request', part, body } as Message;
    return ask(message, `multipart ${part}`, limits.multipartMs, (answer, bytes) => {
      const reply = assemble(answer, bytes);
      if (reply !== undefined) accepted(reply);
      return reply;
    });
  }

  function watchRefusals(firstXid: number, count: number): RefusalWatch {
    const watched: Watched = { firstXid, count, refusals: [] };
    watches.add(watched);
    return { refusals: watched.refusals, end: () => void watches.delete(watched) };
  }

  const exchange: Exchange = {
    channel,
    name,
    takeXids: xids.take,
    send,
    sendPacket,
    request,
    multipart,
    watchRefusals,
  };
  return exchange;
}

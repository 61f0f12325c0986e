/**
 * One connection as messages: cuts the stream, answers ECHO before anything else, watches for signs of life, collects
 * what is sent in a turn of the event loop in which it was read into one write, and says when the switch does not keep up.
 */
import type { Socket } from 'node:net';
import { atTurnEnd } from '../lib/turn-end.js';
import type { Chunk } from '../wire/binary/chunk.js';
import { Writer } from '../wire/binary/writer.js';
import { headerLength, type Message, readHeader, writeMessage } from '../wire/openflow/message-codec.js';
import { messages } from '../wire/openflow/messages.js';
import { type PacketOutHead, writePacketOut } from '../wire/openflow/packet-out-head.js';
import { WireError } from '../wire/wire-error.js';
import { createFrameSplitter, type OnFrame } from './frame-splitter.js';
import type { ControllerLimits } from './limits.js';

/** None of them may throw. */
export interface ChannelHandlers {
  /** Every whole message but ECHO requests: the bytes from `start` to `end`. */
  frame: OnFrame;
  /** All messages that came together have been given. */
  batchEnd(): void;
  /** The switch takes bytes again. */
  drained(): void;
  /** Once, and last. */
  closed(reason: string): void;
}

export interface Channel {
  readonly closed: boolean;
  /** The switch does not take bytes as fast as they are sent. */
  readonly blocked: boolean;
  send(message: Message, xid: number): void;
  sendPacket(head: PacketOutHead, inPort: number, packet: Uint8Array, xid: number): void;
  /** Bytes that are whole messages. */
  sendBytes(bytes: Buffer): void;
  /** Resolves when it makes sense to send more, and when the connection closes. */
  ready(): Promise<void>;
  /** Reads nothing for so long: the switch is held back by its own send buffer. */
  rest(ms: number): void;
  close(reason: string): void;
}

/** Our own ECHO requests carry it, so that their replies are no one's. */
const keepAliveXid = 0;
/** How long a connection that we close has to take our last words. */
const lastWordsMs = 1_000;
/** As much as Node reads at once, bytes: over TLS it comes in several pieces. */
const wholeRead = 65_536;

export function createChannel(socket: Socket, limits: ControllerLimits, handlers: ChannelHandlers): Channel {
  const splitter = createFrameSplitter();
  const outgoing = new Writer();
  let waiting: (() => void)[] = [];
  let flushIsDue = false;
  let blocked = false;
  let closed = false;
  let heard = true;
  let silentIntervals = 0;
  let resting = false;
  /** In this turn of the event loop, bytes. */
  let readNow = 0;

  const keepAlive = setInterval(() => {
    silentIntervals = heard ? 0 : silentIntervals + 1;
    heard = false;
    if (silentIntervals >= limits.silentIntervals) return close('no sign of life');
    if (silentIntervals > 0) send({ type: 'echo_request' }, keepAliveXid);
  }, limits.echoIntervalMs);

  socket.setNoDelay(true);
  socket.on('data', onData);
  socket.on('drain', onDrain);
  socket.on('error', (error) => close(error.message));
  socket.on('close', () => close('closed by the switch'));

  function onData(chunk: Buffer): void {
    if (closed) return;
    heard = true;
    if (readNow === 0) atTurnEnd(endTurn);
    readNow += chunk.length;
    cut(chunk);
    if (!closed) handlers.batchEnd();
    // There is more where that came from, and Node would read on for long: the next turn is soon enough.
    if (readNow >= wholeRead && !resting) socket.pause();
  }

  /** All switches that had something to say have been read: whoever is woken by the first write is awake for those that follow. */
  function endTurn(): void {
    readNow = 0;
    flush();
    if (!resting) socket.resume();
  }

  function rest(ms: number): void {
    if (resting) return;
    resting = true;
    socket.pause();
    setTimeout(() => {
      resting = false;
      socket.resume();
    }, ms).unref();
  }

  function cut(chunk: Buffer): void {
    try {
      splitter.push(chunk, onFrame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      close(`not OpenFlow: ${error.message}`);
    }
  }

  function onFrame(chunk: Chunk, start: number, end: number): void {
    if (closed) return;
    const { bytes } = chunk;
    if (bytes[start + 1] === messages.echo_request.number) {
      send({ type: 'echo_reply', data: bytes.subarray(start + headerLength, end) }, readHeader(bytes, start).xid);
    } else {
      handlers.frame(chunk, start, end);
    }
  }

  function onDrain(): void {
    blocked = false;
    wakeAll();
    if (!closed) handlers.drained();
  }

  function wakeAll(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }

  function send(message: Message, xid: number): void {
    if (closed) return;
    writeMessage(outgoing, message, xid);
    flushLater();
  }

  function sendPacket(head: PacketOutHead, inPort: number, packet: Uint8Array, xid: number): void {
    if (closed) return;
    writePacketOut(outgoing, head, inPort, packet, xid);
    flushLater();
  }

  function flushLater(): void {
    if (readNow > 0 || flushIsDue) return;
    flushIsDue = true;
    process.nextTick(flush);
  }

  function flush(): void {
    flushIsDue = false;
    if (outgoing.offset > 0) writeToSocket(outgoing.take());
  }

  function writeToSocket(bytes: Buffer): void {
    if (socket.destroyed || !socket.writable) return;
    if (!socket.write(bytes)) blocked = true;
    if (socket.writableLength > limits.unsentBytes) close('the switch does not take what it is sent');
  }

  function close(reason: string): void {
    if (closed) return;
    closed = true;
    clearInterval(keepAlive);
    flush();
    socket.destroySoon();
    setTimeout(() => socket.destroy(), lastWordsMs).unref();
    wakeAll();
    handlers.closed(reason);
  }

  return {
    get closed() {
      return closed;
    },
    get blocked() {
      return blocked;
    },
    send,
    sendPacket,
    sendBytes(bytes) {
      if (closed) return;
      flush();
      writeToSocket(bytes);
    },
    ready: () => (blocked && !closed ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    rest,
    close,
  };
}

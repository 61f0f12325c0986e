/**
 * Many messages at once: written and sent in chunks, so that the switch works on one while the next is written, that let
 * ECHO and everybody else through, no faster than the switch takes them; closed by one barrier.
 */
import { setImmediate } from 'node:timers/promises';
import { Writer } from '../wire/binary/writer.js';
import { type Message, writeMessage } from '../wire/openflow/message-codec.js';
import { bundleFlag } from '../wire/openflow/reserved-numbers.js';
import { withinField } from '../wire/wire-error.js';
import type { Exchange } from './exchange.js';
import type { ControllerLimits } from './limits.js';
import { OpenflowError, type Refusal } from './openflow-error.js';

const chunkBytes = 32_768;
/** What a switch is given, beyond the usual deadline, for each message that it has to work through. */
const msPerMessage = 2;

/**
 * What is not atomic: messages before one that cannot be written (WireError, with its index) may have been sent. Resolves to what the switch
 * refused.
 */
export async function sendAll(
  exchange: Exchange,
  limits: ControllerLimits,
  messages: readonly Message[],
): Promise<Refusal[]> {
  if (messages.length === 0) return [];
  const firstXid = exchange.takeXids(messages.length);
  const watch = exchange.watchRefusals(firstXid, messages.length);
  try {
    await stream(exchange, messages, firstXid, writeMessage);
    await exchange.request({ type: 'barrier_request' }, limits.requestMs + messages.length * msPerMessage);
    return [...watch.refusals];
  } finally {
    watch.end();
  }
}

const flags = bundleFlag.atomic | bundleFlag.ordered;

/**
 * Two round trips: the bundle is closed before it is committed, for a switch may leave out of a bundle what it refuses
 * to add, and commit the rest. A message that cannot be written, or is refused, discards all: nothing has changed.
 */
export async function sendBundle(
  exchange: Exchange,
  limits: ControllerLimits,
  bundleId: number,
  messages: readonly Message[],
): Promise<void> {
  if (messages.length === 0) return;
  const deadlineMs = limits.requestMs + messages.length * msPerMessage;
  const firstXid = exchange.takeXids(messages.length);
  const watch = exchange.watchRefusals(firstXid, messages.length);
  const control = (step: 'open_request' | 'close_request' | 'commit_request') =>
    exchange.request({ type: 'bundle_control', bundle_id: bundleId, control: step, flags }, deadlineMs);
  let opened: Promise<unknown> | undefined;
  try {
    opened = control('open_request');
    opened.catch(() => {});
    await stream(exchange, messages, firstXid, bundleWriter(bundleId));
    await Promise.all([opened, control('close_request')]);
    if (watch.refusals.length > 0) throw new OpenflowError('refused', exchange.name, 'the bundle');
    await Promise.all([control('commit_request'), exchange.request({ type: 'barrier_request' }, deadlineMs)]);
  } catch (error) {
    discard(exchange, bundleId);
    throw explained(error, watch.refusals);
  } finally {
    watch.end();
  }
}

/** After a commit that failed there is no bundle any more; the switch says so, and nobody minds. */
function discard(exchange: Exchange, bundleId: number): void {
  const gone = exchange.request({ type: 'bundle_control', bundle_id: bundleId, control: 'discard_request', flags });
  gone.catch(() => {});
}

/** Which messages were at fault says more than that the commit failed. */
function explained(error: unknown, refusals: readonly Refusal[]): unknown {
  if (!(error instanceof OpenflowError) || error.kind !== 'refused' || refusals.length === 0) return error;
  return new OpenflowError('refused', error.datapathId, 'the bundle was refused', [...refusals]);
}

type Write = (writer: Writer, message: Message, xid: number) => void;

function bundleWriter(bundle_id: number): Write {
  const inner = new Writer();
  return (writer, message, xid) => {
    inner.offset = 0;
    writeMessage(inner, message, xid);
    writeMessage(writer, { type: 'bundle_add', bundle_id, flags, message: inner.written() }, xid);
  };
}

async function stream(exchange: Exchange, messages: readonly Message[], firstXid: number, write: Write): Promise<void> {
  const writer = new Writer(chunkBytes);
  for (const [index, message] of messages.entries()) {
    try {
      write(writer, message, firstXid + index);
    } catch (error) {
      throw withinField(error, `[${index}]`);
    }
    if (writer.offset >= chunkBytes) await sendChunk(exchange, writer.take());
  }
  await sendChunk(exchange, writer.take());
}

async function sendChunk({ channel, name }: Exchange, chunk: Buffer): Promise<void> {
  await channel.ready();
  if (channel.closed) throw new OpenflowError('closed', name, 'closed while sending');
  channel.sendBytes(chunk);
  await setImmediate();
}

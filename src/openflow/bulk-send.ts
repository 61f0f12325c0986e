/**
 * Many messages at once: written ahead, so that a bad one stops all before any is sent; then sent in chunks that let
 * ECHO and everybody else through, no faster than the switch takes them; closed by one barrier.
 */
import { setImmediate } from 'node:timers/promises';
import { Writer } from '../wire/binary/writer.js';
import { encodeMessage, type Message, writeMessage } from '../wire/openflow/message-codec.js';
import { bundleFlag } from '../wire/openflow/reserved-numbers.js';
import { withinField } from '../wire/wire-error.js';
import type { Exchange } from './exchange.js';
import type { ControllerLimits } from './limits.js';
import { OpenflowError, type Refusal } from './openflow-error.js';

const chunkBytes = 32_768;
/** What a switch is given, beyond the usual deadline, for each message that it has to work through. */
const msPerMessage = 2;

export async function sendAll(
  exchange: Exchange,
  limits: ControllerLimits,
  messages: readonly Message[],
): Promise<Refusal[]> {
  if (messages.length === 0) return [];
  const firstXid = exchange.takeXids(messages.length);
  const chunks = await encodeChunks(messages, (message) => message, firstXid);
  const watch = exchange.watchRefusals(firstXid, messages.length);
  try {
    await sendChunks(exchange, chunks);
    await exchange.request({ type: 'barrier_request' }, limits.requestMs + messages.length * msPerMessage);
    return [...watch.refusals];
  } finally {
    watch.end();
  }
}

const flags = bundleFlag.atomic | bundleFlag.ordered;

/**
 * Two round trips: the bundle is closed before it is committed, for a switch may leave out of a bundle what it refuses
 * to add, and commit the rest.
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
  const chunks = await encodeChunks(messages, (message, xid) => inBundle(bundleId, message, xid), firstXid);
  const watch = exchange.watchRefusals(firstXid, messages.length);
  const control = (step: 'open_request' | 'close_request' | 'commit_request') =>
    exchange.request({ type: 'bundle_control', bundle_id: bundleId, control: step, flags }, deadlineMs);
  let opened: Promise<unknown> | undefined;
  try {
    opened = control('open_request');
    opened.catch(() => {});
    await sendChunks(exchange, chunks);
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

const inBundle = (bundle_id: number, message: Message, xid: number): Message => ({
  type: 'bundle_add',
  bundle_id,
  flags,
  message: encodeMessage(message, xid),
});

async function encodeChunks(
  messages: readonly Message[],
  wrap: (message: Message, xid: number) => Message,
  firstXid: number,
): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  const writer = new Writer();
  for (const [index, message] of messages.entries()) {
    try {
      writeMessage(writer, wrap(message, firstXid + index), firstXid + index);
    } catch (error) {
      throw withinField(error, `[${index}]`);
    }
    if (writer.offset < chunkBytes) continue;
    chunks.push(writer.take());
    await setImmediate();
  }
  chunks.push(writer.take());
  return chunks;
}

async function sendChunks(exchange: Exchange, chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) {
    await exchange.channel.ready();
    if (exchange.channel.closed) throw new OpenflowError('closed', exchange.name, 'closed while sending');
    exchange.channel.sendBytes(chunk);
    await setImmediate();
  }
}

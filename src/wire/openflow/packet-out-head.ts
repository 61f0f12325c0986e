/**
 * Packet-outs whose actions are always the same: everything up to the packet is written once, by the table; port, xid and
 * length are filled in where the table has them.
 */
import { offsetOf } from '../binary/codec.js';
import type { Writer } from '../binary/writer.js';
import { WireError } from '../wire-error.js';
import type { Action } from './actions.js';
import { encodeMessage, headerLength } from './message-codec.js';
import { messages } from './messages.js';

export interface PacketOutHead {
  readonly bytes: Buffer;
}

const lengthAt = 2;
const xidAt = 4;
const inPortAt = headerLength + offsetOf(messages.packet_out.body, 'in_port');
const longestMessage = 0xffff;

/** Throws WireError. */
export const toPacketOutHead = (actions: readonly Action[]): PacketOutHead => ({
  bytes: encodeMessage({ type: 'packet_out', actions, data: Buffer.alloc(0) }, 0),
});

/** Appends to what the writer holds. Throws WireError and appends nothing. */
export function writePacketOut(
  writer: Writer,
  head: PacketOutHead,
  inPort: number,
  packet: Uint8Array,
  xid: number,
): void {
  const start = writer.offset;
  const length = head.bytes.length + packet.length;
  if (length > longestMessage) throw new WireError(`${length} bytes are more than a message can hold`, start);
  writer.raw(head.bytes);
  writer.raw(packet);
  writer.patchU16(start + lengthAt, length);
  writer.patchU32(start + xidAt, xid);
  writer.patchU32(start + inPortAt, inPort);
}

/**
 * A packet-in in place: the few fields that decide what becomes of it, as numbers, read at the offsets that the table gives
 * them. Everything else is left where it lies; `toWhole` reads it by the table.
 */
import type { Chunk } from '../binary/chunk.js';
import { offsetOf } from '../binary/codec.js';
import { WireError } from '../wire-error.js';
import { openflow13 } from './hello.js';
import { decodeMessage, headerLength, type Received } from './message-codec.js';
import { messages } from './messages.js';
import { oxmFields } from './oxm-fields.js';

export interface PacketIn {
  readonly chunk: Chunk;
  readonly start: number;
  readonly end: number;
  /** 0, which is no port: the match has none. */
  readonly inPort: number;
  /** 0: the match has none. */
  readonly metadataHigh: number;
  readonly metadataLow: number;
  /** Of the packet when it arrived; what is here may be less. */
  readonly totalLength: number;
  /** The packet is the bytes from here to `end`. */
  readonly packetStart: number;
}

const body = messages.packet_in.body;
const totalLengthAt = headerLength + offsetOf(body, 'total_len');
const matchAt = headerLength + offsetOf(body, 'match');
const behindMatch = body.fields._pad.size!;

const oxmHeader = ({ oxmClass, number, length }: { oxmClass: number; number: number; length: number }): number =>
  oxmClass * 0x1_0000 + (number << 9) + length;
const inPortHeader = oxmHeader(oxmFields.in_port);
const metadataHeader = oxmHeader(oxmFields.metadata);
const oxmHeaderLength = 4;

/** The bytes from `start` to `end` are one whole packet-in. Throws WireError. */
export function readPacketIn(chunk: Chunk, start: number, end: number): PacketIn {
  const { view } = chunk;
  const version = view.getUint8(start);
  if (version !== openflow13) throw malformed(`version ${version}, not ${openflow13}`, 0, 'version');
  let at = start + matchAt + oxmHeaderLength;
  if (at > end) throw malformed('too short for its fields', end - start, 'match');
  const oxmEnd = start + matchAt + view.getUint16(start + matchAt + 2);
  const packetStart = start + matchAt + ((oxmEnd - start - matchAt + 7) & ~7) + behindMatch;
  if (oxmEnd < at || packetStart > end) throw malformed('a length outside of the message', matchAt + 2, 'match');
  let inPort = 0;
  let metadataHigh = 0;
  let metadataLow = 0;
  while (at < oxmEnd) {
    const value = at + oxmHeaderLength;
    if (value > oxmEnd) throw malformed('a field without a header', at - start, 'match');
    const header = view.getUint32(at);
    at = value + (header & 0xff);
    if (at > oxmEnd) throw malformed('a field longer than the match', value - start, 'match');
    if (header === inPortHeader) inPort = view.getUint32(value);
    else if (header === metadataHeader) {
      metadataHigh = view.getUint32(value);
      metadataLow = view.getUint32(value + 4);
    }
  }
  const totalLength = view.getUint16(start + totalLengthAt);
  return { chunk, start, end, inPort, metadataHigh, metadataLow, totalLength, packetStart };
}

const malformed = (reason: string, offset: number, field: string): WireError =>
  new WireError(reason, offset, `packet_in.${field}`);

/** Throws WireError. */
export const toWhole = ({ chunk, start, end }: PacketIn): Received<'packet_in'> =>
  decodeMessage(chunk.bytes.subarray(start, end)) as Received<'packet_in'>;

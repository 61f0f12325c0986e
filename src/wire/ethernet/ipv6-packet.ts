/** IPv6 packets (RFC 8200) as far as neighbour discovery needs them: extension headers stay in the payload. */
import { defaulted, type ReadBy, rest, struct, u8, u16, u32 } from '../binary/codec.js';
import { Reader } from '../binary/reader.js';
import { Writer } from '../binary/writer.js';
import { WireError } from '../wire-error.js';
import { ipv6 } from './ip-address.js';

const header = struct({
  versionClassFlow: defaulted(u32, 0x6000_0000),
  payloadLength: u16,
  nextHeader: u8,
  hopLimit: u8,
  source: ipv6,
  destination: ipv6,
});

export interface Ipv6Packet {
  nextHeader: number;
  hopLimit: number;
  source: string;
  destination: string;
  payload: Uint8Array;
}

type Header = ReadBy<typeof header>;

/** Takes the payload of a frame, which may be padded. Throws WireError. */
export function parseIpv6(bytes: Buffer): Ipv6Packet & { payload: Buffer } {
  const reader = new Reader(bytes);
  const { versionClassFlow, payloadLength, ...fields }: Header = header.read(reader);
  if (versionClassFlow >>> 28 !== 6) throw new WireError(`IP version ${versionClassFlow >>> 28}, not 6`, 0, 'version');
  return { ...fields, payload: reader.view(payloadLength) };
}

/** Throws WireError. */
export function buildIpv6(packet: Ipv6Packet): Buffer {
  const writer = new Writer();
  header.write(writer, { ...packet, payloadLength: packet.payload.length });
  rest.write(writer, packet.payload);
  return writer.take();
}

/** What checksums of upper layers cover besides their own bytes (RFC 8200 §8.1). */
export function pseudoHeader(source: string, destination: string, length: number, nextHeader: number): Buffer {
  const writer = new Writer();
  ipv6.write(writer, source);
  ipv6.write(writer, destination);
  writer.u32(length);
  writer.u32(nextHeader);
  return writer.take();
}

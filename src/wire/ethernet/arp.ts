/** ARP (RFC 826) and RARP (RFC 903) for IPv4 over Ethernet: one format under two EtherTypes. */
import { type Codec, enumeration, type ReadBy, struct, u8, u16 } from '../binary/codec.js';
import { Reader } from '../binary/reader.js';
import { Writer } from '../binary/writer.js';
import { WireError } from '../wire-error.js';
import { ipv4 } from './ip-address.js';
import { mac } from './mac-address.js';

/** A field that can have but one value. */
const always = (codec: Codec<number>, value: number): Codec<undefined> => ({
  size: codec.size!,
  read: (r) => {
    const at = r.offset;
    const found = codec.read(r);
    if (found !== value) throw new WireError(`${found}, not ${value}`, at);
    return undefined;
  },
  write: (w) => codec.write(w, value),
});

export const operations = { request: 1, reply: 2, reverse_request: 3, reverse_reply: 4 } as const;

export const arp = struct({
  _hardwareType: always(u16, 1),
  _protocolType: always(u16, 0x0800),
  _hardwareLength: always(u8, 6),
  _protocolLength: always(u8, 4),
  operation: enumeration(u16, operations),
  senderMac: mac,
  senderIp: ipv4,
  targetMac: mac,
  targetIp: ipv4,
});

export type ArpPacket = ReadBy<typeof arp>;

/** Takes the payload of a frame, which may be padded. Throws WireError. */
export const parseArp = (payload: Buffer): ArpPacket => arp.read(new Reader(payload));

/** Throws WireError. */
export function buildArp(packet: ArpPacket): Buffer {
  const writer = new Writer();
  arp.write(writer, packet);
  return writer.take();
}

/** IPv6 neighbour solicitations and advertisements (RFC 4861 §4.3, §4.4), in their IPv6 packet, checksums included. */
import { type Codec, list, rest, struct, u8, u16, u32 } from '../binary/codec.js';
import { Reader } from '../binary/reader.js';
import { Writer } from '../binary/writer.js';
import { WireError } from '../wire-error.js';
import { internetChecksum } from './internet-checksum.js';
import { ipv6 } from './ip-address.js';
import { buildIpv6, parseIpv6, pseudoHeader } from './ipv6-packet.js';
import { mac } from './mac-address.js';

export interface NeighbourDiscovery {
  kind: 'solicitation' | 'advertisement';
  source: string;
  destination: string;
  target: string;
  /** Of an advertisement. */
  flags: AdvertisementFlags;
  /** Of the sender; in solicitations. */
  sourceLinkLayer?: string;
  /** Of the target; in advertisements. */
  targetLinkLayer?: string;
}

export interface AdvertisementFlags {
  router: boolean;
  solicited: boolean;
  override: boolean;
}

const icmpv6 = 58;
/** RFC 4861 §7.1: anything else has passed a router and is not from a neighbour. */
const requiredHopLimit = 255;
const kinds = { solicitation: 135, advertisement: 136 } as const;
const optionTypes = { sourceLinkLayer: 1, targetLinkLayer: 2 } as const;

const message = struct({ type: u8, code: u8, checksum: u16, flags: u32, target: ipv6, options: rest });
const checksumAt = 2;

interface NdOption {
  type: number;
  content: Uint8Array;
}

/** Type, length in units of eight bytes, content (RFC 4861 §4.6). */
const option: Codec<NdOption> = {
  read: (r) => {
    const type = r.u8();
    const at = r.offset;
    const units = r.u8();
    if (units === 0) throw new WireError('an option of no length', at);
    return { type, content: r.view(units * 8 - 2) };
  },
  write: (w, { type, content }) => {
    w.u8(type);
    w.u8((content.length + 2) / 8);
    w.raw(content);
  },
};
const options = list(option);

/** Takes the payload of an IPv6 frame. Undefined if it is valid IPv6 but no neighbour discovery. Throws WireError. */
export function parseNeighbourDiscovery(payload: Buffer): NeighbourDiscovery | undefined {
  const packet = parseIpv6(payload);
  if (packet.nextHeader !== icmpv6 || packet.hopLimit !== requiredHopLimit || packet.payload.length === 0)
    return undefined;
  const kind = kindOf(packet.payload[0]!);
  if (kind === undefined) return undefined;
  const { source, destination } = packet;
  const pseudo = pseudoHeader(source, destination, packet.payload.length, icmpv6);
  if (internetChecksum(pseudo, packet.payload) !== 0) throw new WireError('the checksum is wrong', 42, 'checksum');
  const fields = message.read(new Reader(packet.payload));
  return {
    kind,
    source,
    destination,
    target: fields.target,
    flags: toFlags(fields.flags),
    ...linkLayers(fields.options),
  };
}

/** Throws WireError. */
export function buildNeighbourDiscovery(discovery: NeighbourDiscovery): Buffer {
  const { kind, source, destination, target, flags } = discovery;
  const writer = new Writer();
  message.write(writer, {
    type: kinds[kind],
    code: 0,
    checksum: 0,
    flags: kind === 'advertisement' ? fromFlags(flags) : 0,
    target,
    options: optionBytes(discovery),
  });
  const pseudo = pseudoHeader(source, destination, writer.offset, icmpv6);
  writer.patchU16(checksumAt, internetChecksum(pseudo, writer.written()));
  return buildIpv6({ nextHeader: icmpv6, hopLimit: requiredHopLimit, source, destination, payload: writer.take() });
}

const kindOf = (type: number): NeighbourDiscovery['kind'] | undefined =>
  type === kinds.solicitation ? 'solicitation' : type === kinds.advertisement ? 'advertisement' : undefined;

const toFlags = (flags: number): AdvertisementFlags => ({
  router: (flags & 0x8000_0000) !== 0,
  solicited: (flags & 0x4000_0000) !== 0,
  override: (flags & 0x2000_0000) !== 0,
});

const fromFlags = ({ router, solicited, override }: AdvertisementFlags): number =>
  (router ? 0x8000_0000 : 0) + (solicited ? 0x4000_0000 : 0) + (override ? 0x2000_0000 : 0);

function linkLayers(raw: Buffer): Pick<NeighbourDiscovery, 'sourceLinkLayer' | 'targetLinkLayer'> {
  const found: Pick<NeighbourDiscovery, 'sourceLinkLayer' | 'targetLinkLayer'> = {};
  for (const { type, content } of options.read(new Reader(raw))) {
    if (type === optionTypes.sourceLinkLayer) found.sourceLinkLayer = mac.read(new Reader(Buffer.from(content)));
    if (type === optionTypes.targetLinkLayer) found.targetLinkLayer = mac.read(new Reader(Buffer.from(content)));
  }
  return found;
}

function optionBytes({ sourceLinkLayer, targetLinkLayer }: NeighbourDiscovery): Buffer {
  const writer = new Writer();
  writeOption(writer, optionTypes.sourceLinkLayer, sourceLinkLayer);
  writeOption(writer, optionTypes.targetLinkLayer, targetLinkLayer);
  return writer.take();
}

function writeOption(writer: Writer, type: number, address: string | undefined): void {
  if (address !== undefined) option.write(writer, { type, content: macBytes(address) });
}

function macBytes(address: string): Buffer {
  const writer = new Writer();
  mac.write(writer, address);
  return writer.take();
}

/** Where solicitations for an address go: IP and MAC (RFC 4291 §2.7.1, RFC 2464 §7). */
export function solicitedNode(address: string): { ip: string; mac: string } {
  const writer = new Writer();
  ipv6.write(writer, address);
  const low = writer.written(13).toString('hex');
  return {
    ip: ipv6.read(new Reader(Buffer.from(`ff0200000000000000000001ff${low}`, 'hex'))),
    mac: `33:33:ff:${low.slice(0, 2)}:${low.slice(2, 4)}:${low.slice(4, 6)}`,
  };
}

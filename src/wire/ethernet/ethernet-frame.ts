/** Ethernet II frames with any number of VLAN tags (IEEE 802.1Q). */
import { rest, struct, u16 } from '../binary/codec.js';
import { Reader } from '../binary/reader.js';
import { Writer } from '../binary/writer.js';
import { WireError } from '../wire-error.js';
import { mac } from './mac-address.js';

export const etherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
} as const;

export interface VlanTag {
  /** `etherType.vlan` or `etherType.serviceVlan`. */
  tpid: number;
  vid: number;
  pcp: number;
  dei: boolean;
}

export interface EthernetFrame {
  destination: string;
  source: string;
  /** From the outside in; empty for an untagged frame. */
  tags: VlanTag[];
  /** Of the payload, behind all tags. Below 1536 it is a length (IEEE 802.3). */
  etherType: number;
  /** When parsed: a view into the frame, padding included. */
  payload: Uint8Array;
}

const addresses = struct({ destination: mac, source: mac });
const typed = struct({ etherType: u16, payload: rest });

/** Throws WireError. */
export function parseEthernet(bytes: Buffer): EthernetFrame & { payload: Buffer } {
  const reader = new Reader(bytes);
  const { destination, source } = addresses.read(reader);
  const tags: VlanTag[] = [];
  let type = reader.u16();
  while (type === etherType.vlan || type === etherType.serviceVlan) {
    tags.push(toTag(type, reader.u16()));
    type = reader.u16();
  }
  return { destination, source, tags, etherType: type, payload: reader.rest() };
}

/** Throws WireError. Adds no padding and no frame check sequence: the switch or the NIC does. */
export function buildEthernet(frame: EthernetFrame): Buffer {
  const writer = new Writer();
  addresses.write(writer, frame);
  for (const tag of frame.tags) {
    writer.u16(tag.tpid);
    writer.u16(fromTag(tag, writer.offset));
  }
  typed.write(writer, frame);
  return writer.take();
}

const toTag = (tpid: number, control: number): VlanTag => ({
  tpid,
  vid: control & 0xfff,
  pcp: control >> 13,
  dei: (control & 0x1000) !== 0,
});

function fromTag({ vid, pcp, dei }: VlanTag, offset: number): number {
  if (!Number.isInteger(vid) || vid < 0 || vid > 0xfff) {
    throw new WireError(`${vid} is not a VLAN id between 0 and 4095`, offset, 'tags.vid');
  }
  if (!Number.isInteger(pcp) || pcp < 0 || pcp > 7) {
    throw new WireError(`${pcp} is not a priority between 0 and 7`, offset, 'tags.pcp');
  }
  return (pcp << 13) | (dei ? 0x1000 : 0) | vid;
}

/**
 * ARP requests where they lie, and their replies, with addresses as numbers (lib/address-number.ts): what the path of every packet
 * needs of arp.ts, read at the offsets that its table gives. Frames with more than one tag are left to arp.ts.
 */
import type { MacNumber } from '../../lib/address-number.js';
import { type Chunk, toChunk } from '../binary/chunk.js';
import { offsetOf } from '../binary/codec.js';
import { arp, operations } from './arp.js';
import { etherType } from './ethernet-frame.js';

export interface ArpRequest {
  /** 0 without a tag, and with a priority tag. */
  readonly vlan: number;
  /** Where the ARP packet begins. */
  readonly arpAt: number;
  readonly macHigh: number;
  readonly macLow: number;
  /** Of the sender, as the MAC is. */
  readonly ip: number;
  readonly targetIp: number;
}

const sourceAt = 6;
const typeAt = 12;
const tagLength = 4;
const vlanMask = 0xfff;

const operationAt = offsetOf(arp, 'operation');
const senderMacAt = offsetOf(arp, 'senderMac');
const senderIpAt = offsetOf(arp, 'senderIp');
const targetMacAt = offsetOf(arp, 'targetMac');
const targetIpAt = offsetOf(arp, 'targetIp');
const arpLength = targetIpAt + arp.fields.targetIp.size!;
/** Ethernet, IPv4: hardware type and protocol type; then their lengths and the operation. */
const ethernetAndIpv4 = 0x0001_0800;
const lengthsAndRequest = 0x0604_0000 + operations.request;
const lengthsAndReply = 0x0604_0000 + operations.reply;
const lengthsAt = operationAt - 2;

/** Undefined: anything but a whole ARP request with at most one tag. */
export function readArpRequest(view: DataView, start: number, end: number): ArpRequest | undefined {
  if (end - start < typeAt + 2 + arpLength) return undefined;
  let vlan = 0;
  let arpAt = start + typeAt + 2;
  let type = view.getUint16(start + typeAt);
  if (type === etherType.vlan || type === etherType.serviceVlan) {
    vlan = view.getUint16(arpAt) & vlanMask;
    type = view.getUint16(arpAt + 2);
    arpAt += tagLength;
  }
  if (type !== etherType.arp || end - arpAt < arpLength) return undefined;
  if (view.getUint32(arpAt) !== ethernetAndIpv4) return undefined;
  if (view.getUint32(arpAt + lengthsAt) !== lengthsAndRequest) return undefined;
  return {
    vlan,
    arpAt,
    macHigh: view.getUint16(arpAt + senderMacAt),
    macLow: view.getInt32(arpAt + senderMacAt + 2),
    ip: view.getInt32(arpAt + senderIpAt),
    targetIp: view.getInt32(arpAt + targetIpAt),
  };
}

/** The MAC that the frame from `start` on is sent to. */
export const readDestination = (view: DataView, start: number): MacNumber => ({
  high: view.getUint16(start),
  low: view.getInt32(start + 2),
});

/** Replies are built here and copied at once by who sends them: one buffer for each length that there is. */
const untagged = toChunk(Buffer.alloc(typeAt + 2 + arpLength));
const tagged = toChunk(Buffer.alloc(typeAt + 2 + tagLength + arpLength));

/** The reply to a request that begins at `start`, with its tag. Valid until the next call. */
export function toArpReply(
  view: DataView,
  start: number,
  request: ArpRequest,
  owner: { macHigh: number; macLow: number },
): Buffer {
  const { arpAt, macHigh, macLow, ip, targetIp } = request;
  const payload = arpAt - start;
  const reply: Chunk = payload === typeAt + 2 ? untagged : tagged;
  const out = reply.view;
  writeMac(out, view.getUint16(start + sourceAt), view.getInt32(start + sourceAt + 2), 0);
  writeMac(out, owner.macHigh, owner.macLow, sourceAt);
  for (let at = typeAt; at < payload; at += 2) out.setUint16(at, view.getUint16(start + at));
  out.setUint32(payload, ethernetAndIpv4);
  out.setUint32(payload + lengthsAt, lengthsAndReply);
  writeMac(out, owner.macHigh, owner.macLow, payload + senderMacAt);
  out.setInt32(payload + senderIpAt, targetIp);
  writeMac(out, macHigh, macLow, payload + targetMacAt);
  out.setInt32(payload + targetIpAt, ip);
  return reply.bytes;
}

function writeMac(view: DataView, high: number, low: number, at: number): void {
  view.setUint16(at, high);
  view.setInt32(at + 2, low);
}

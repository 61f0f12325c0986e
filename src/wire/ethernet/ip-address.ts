/** IP addresses: bytes on the wire; dotted, or as RFC 5952 writes IPv6, in code. */
import ipaddr from 'ipaddr.js';
import type { Codec } from '../binary/codec.js';
import { WireError } from '../wire-error.js';

const zero = '0'.charCodeAt(0);

export const ipv4: Codec<string> = {
  size: 4,
  read: (r) => `${r.u8()}.${r.u8()}.${r.u8()}.${r.u8()}`,
  write: (w, value) => {
    if (typeof value !== 'string') throw noIpv4(value, w.offset);
    let at = 0;
    for (let part = 0; part < 4; part++) {
      const end = part === 3 ? value.length : value.indexOf('.', at);
      const number = decimalByte(value, at, end);
      if (number < 0) throw noIpv4(value, w.offset);
      w.u8(number);
      at = end + 1;
    }
  },
};

const noIpv4 = (value: unknown, offset: number): WireError =>
  new WireError(`"${String(value)}" is not an IPv4 address like 10.0.0.1`, offset);

/** 0 to 255 without leading zeros, or -1. By hand, since every ARP answer passes here. */
function decimalByte(text: string, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > 3 || (digits > 1 && text.charCodeAt(start) === zero)) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number > 255 ? -1 : number;
}

export const ipv6: Codec<string> = {
  size: 16,
  read: (r) => new ipaddr.IPv6([...r.view(16)]).toRFC5952String(),
  write: (w, value) => {
    if (!ipaddr.IPv6.isValid(value) || value.includes('%')) {
      throw new WireError(`"${value}" is not an IPv6 address like fd00::1`, w.offset);
    }
    w.raw(Uint8Array.from(ipaddr.IPv6.parse(value).toByteArray()));
  },
};

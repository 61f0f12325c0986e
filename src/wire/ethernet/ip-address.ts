/** IP addresses: bytes on the wire; dotted, or as RFC 5952 writes IPv6, in code. */
import ipaddr from 'ipaddr.js';
import type { Codec } from '../binary/codec.js';
import { WireError } from '../wire-error.js';

const dotted = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

export const ipv4: Codec<string> = {
  read: (r) => `${r.u8()}.${r.u8()}.${r.u8()}.${r.u8()}`,
  write: (w, value) => {
    const parts = dotted.exec(value)?.slice(1).map(Number);
    if (parts === undefined || parts.some((part) => part > 255)) {
      throw new WireError(`"${value}" is not an IPv4 address like 10.0.0.1`, w.offset);
    }
    for (const part of parts) w.u8(part);
  },
};

export const ipv6: Codec<string> = {
  read: (r) => new ipaddr.IPv6([...r.view(16)]).toRFC5952String(),
  write: (w, value) => {
    if (!ipaddr.IPv6.isValid(value) || value.includes('%')) {
      throw new WireError(`"${value}" is not an IPv6 address like fd00::1`, w.offset);
    }
    w.raw(Uint8Array.from(ipaddr.IPv6.parse(value).toByteArray()));
  },
};

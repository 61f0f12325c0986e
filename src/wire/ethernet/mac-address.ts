/** MAC addresses: six bytes on the wire, `aa:bb:cc:dd:ee:ff` in code. */
import type { Codec } from '../binary/codec.js';
import { WireError } from '../wire-error.js';

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const pattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

export const broadcastMac = 'ff:ff:ff:ff:ff:ff';

export const toMac = (bytes: Uint8Array, at = 0): string =>
  `${hex[bytes[at]!]}:${hex[bytes[at + 1]!]}:${hex[bytes[at + 2]!]}:${hex[bytes[at + 3]!]}:${hex[bytes[at + 4]!]}:${hex[bytes[at + 5]!]}`;

export const mac: Codec<string> = {
  read: (r) => {
    const at = r.offset;
    r.skip(6);
    return toMac(r.bytes, at);
  },
  write: (w, value) => {
    if (!pattern.test(value)) throw new WireError(`"${value}" is not a MAC address like 02:00:00:00:00:01`, w.offset);
    for (let at = 0; at < 17; at += 3) w.u8(Number.parseInt(value.slice(at, at + 2), 16));
  },
};

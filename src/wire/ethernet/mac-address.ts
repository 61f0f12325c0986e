/** MAC addresses: six bytes on the wire, `aa:bb:cc:dd:ee:ff` in code. On the path of every packet-in, hence no patterns. */
import type { Codec } from '../binary/codec.js';
import { WireError } from '../wire-error.js';

export const broadcastMac = 'ff:ff:ff:ff:ff:ff';

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** By character code; NaN for what is no hexadecimal digit. */
const digitValues = Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16));
const colon = ':'.charCodeAt(0);
const textLength = 17;

export const mac: Codec<string> = {
  size: 6,
  read: (r) => {
    const at = r.offset;
    r.skip(6);
    const b = r.bytes;
    return `${hex[b[at]!]}:${hex[b[at + 1]!]}:${hex[b[at + 2]!]}:${hex[b[at + 3]!]}:${hex[b[at + 4]!]}:${hex[b[at + 5]!]}`;
  },
  write: (w, value) => {
    if (typeof value !== 'string' || value.length !== textLength) throw noMac(value, w.offset);
    for (let at = 0; at < textLength; at += 3) {
      const high = digitValues[value.charCodeAt(at)] ?? Number.NaN;
      const low = digitValues[value.charCodeAt(at + 1)] ?? Number.NaN;
      const separated = at + 2 === textLength || value.charCodeAt(at + 2) === colon;
      if (!separated || !(high + low >= 0)) throw noMac(value, w.offset);
      w.u8(high * 16 + low);
    }
  },
};

const noMac = (value: unknown, offset: number): WireError =>
  new WireError(`"${String(value)}" is not a MAC address like 02:00:00:00:00:01`, offset);

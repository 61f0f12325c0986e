/**
 * MAC and IPv4 addresses as integers that fit a machine word: 32 bits signed, which engines keep unboxed and maps find fastest.
 * A MAC is two of them, its first two bytes and its last four. Text must be well formed.
 */
export interface MacNumber {
  readonly high: number;
  readonly low: number;
}

/** Each byte with what stands behind it: the fewer pieces a text has, the faster it is put together. */
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hexColon = hex.map((text) => `${text}:`);
const decimal = Array.from({ length: 256 }, (_, byte) => String(byte));
const decimalDot = decimal.map((text) => `${text}.`);
const zero = '0'.charCodeAt(0);
const dot = '.'.charCodeAt(0);

export const toMacNumber = (text: string): MacNumber => ({
  high: Number.parseInt(text.slice(0, 2) + text.slice(3, 5), 16),
  low: Number.parseInt(text.slice(6, 8) + text.slice(9, 11) + text.slice(12, 14) + text.slice(15, 17), 16) | 0,
});

export const fromMacNumber = ({ high, low }: MacNumber): string =>
  hexColon[high >>> 8]! +
  hexColon[high & 255]! +
  hexColon[low >>> 24]! +
  hexColon[(low >>> 16) & 255]! +
  hexColon[(low >>> 8) & 255]! +
  hex[low & 255]!;

export function toIpv4Number(text: string): number {
  let number = 0;
  let byte = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      number = (number << 8) | byte;
      byte = 0;
    } else byte = byte * 10 + code - zero;
  }
  return (number << 8) | byte;
}

export const fromIpv4Number = (ip: number): string =>
  decimalDot[ip >>> 24]! + decimalDot[(ip >>> 16) & 255]! + decimalDot[(ip >>> 8) & 255]! + decimal[ip & 255]!;

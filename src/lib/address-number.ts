/**
 * MAC and IPv4 addresses as integers that fit a machine word: 32 bits signed, which engines keep unboxed and maps find fastest.
 * A MAC is two of them, its first two bytes and its last four. Text must be well formed.
 */
export interface MacNumber {
  readonly high: number;
  readonly low: number;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const zero = '0'.charCodeAt(0);
const dot = '.'.charCodeAt(0);

export const toMacNumber = (text: string): MacNumber => ({
  high: Number.parseInt(text.slice(0, 2) + text.slice(3, 5), 16),
  low: Number.parseInt(text.slice(6, 8) + text.slice(9, 11) + text.slice(12, 14) + text.slice(15, 17), 16) | 0,
});

export const fromMacNumber = ({ high, low }: MacNumber): string =>
  `${hex[high >>> 8]}:${hex[high & 255]}:${hex[low >>> 24]}:${hex[(low >>> 16) & 255]}:${hex[(low >>> 8) & 255]}:${hex[low & 255]}`;

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
  `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;

/** MAC and IP addresses as text: whether they are well formed, and whether they can be a machine's own. */
import { isIPv4, isIPv6 } from 'node:net';

const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export const isMac = (text: string): boolean => macPattern.test(text);

/** IEEE 802 §8.2: the least significant bit of the first octet says group; all zeroes is nobody. */
export const isUnicastMac = (mac: string): boolean =>
  isMac(mac) && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== '00:00:00:00:00:00';

/** An address that one host can have: not multicast, not broadcast, not the unspecified or loopback one. */
export function isHostIp(text: string): boolean {
  if (isIPv4(text)) {
    const first = Number(text.slice(0, text.indexOf('.')));
    return first !== 0 && first !== 127 && first < 224;
  }
  return isIPv6(text) && !text.includes('%') && !/^ff/i.test(text) && !/^(0*:)+0*[01]?$/.test(text);
}

export const prefixBits = (ip: string): 32 | 128 => (isIPv4(ip) ? 32 : 128);

/** MAC and IP addresses as text: whether they are well formed, and whether they can be a machine's own. */
import { isIPv4, isIPv6 } from 'node:net';

const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

export const isMac = (text: string): boolean => macPattern.test(text);

/** Of many, or of all. IEEE 802 §8.2: the least significant bit of the first octet says so. Text must be well formed. */
export const isGroupMac = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** A machine's own: all zeroes is nobody. Text must be well formed. */
export const isOneMac = (mac: string): boolean => !isGroupMac(mac) && mac !== '00:00:00:00:00:00';

export const isUnicastMac = (mac: string): boolean => isMac(mac) && isOneMac(mac);

/** An address that one host can have: not multicast, not broadcast, not the unspecified or loopback one. */
export function isHostIp(text: string): boolean {
  if (isIPv4(text)) {
    const first = Number(text.slice(0, text.indexOf('.')));
    return first !== 0 && first !== 127 && first < 224;
  }
  return isIPv6(text) && !text.includes('%') && !/^ff/i.test(text) && !/^(0*:)+0*[01]?$/.test(text);
}

export const prefixBits = (ip: string): 32 | 128 => (isIPv4(ip) ? 32 : 128);

/** Addresses that only this machine reaches, and those that are listened at on all that it has and that nobody reaches it by. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// IPv4 addresses as a dual-stack socket shows them.
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || (isIP(address) !== 0 && loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));

const wildcards = new BlockList();
wildcards.addAddress('0.0.0.0', 'ipv4');
wildcards.addAddress('::', 'ipv6');
wildcards.addAddress('::ffff:0.0.0.0', 'ipv6');

/** `address`: IPv6 also in brackets. */
export function isWildcard(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) !== 0 && wildcards.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4');
}

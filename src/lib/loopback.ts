/** Addresses that only this machine reaches. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// IPv4 addresses as a dual-stack socket shows them.
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || (isIP(address) !== 0 && loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));

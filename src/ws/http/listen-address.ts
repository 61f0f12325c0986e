/** Where the service listens, and whether it may: loopback always, elsewhere only with TLS or `insecure: true`. */
import { BlockList, isIP } from 'node:net';
import type { Site } from '../../domain/site/site-file.js';
import { ConfigError } from '../../lib/yaml-config.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// IPv4 addresses as a dual-stack socket shows them.
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || (isIP(address) !== 0 && loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));

export interface ListenAddress {
  host: string;
  port: number;
}

/** Throws ConfigError. */
export function readListenAddress(listen: Site['listen']): ListenAddress {
  const match = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(listen.soap);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const refuse = (reason: string): never => {
    throw new ConfigError('site file', [{ path: 'listen.soap', reason }]);
  };
  if (host === '' || !(port <= 65535)) return refuse(`'${listen.soap}' is not HOST:PORT`);
  if (!isLoopback(host) && listen.tls === undefined && !listen.insecure)
    return refuse(
      `'${listen.soap}' is not on loopback and there is no TLS: give listen.tls, or say listen.insecure: true to go without`,
    );
  return { host, port };
}

/** Where the service listens, and whether it may: loopback always, elsewhere only with TLS or `insecure: true`. */
import type { Site } from '../../domain/site/site-file.js';
import { isLoopback } from '../../lib/loopback.js';
import { ConfigError } from '../../lib/yaml-config.js';

export interface ListenAddress {
  host: string;
  port: number;
}

/** Where it says so, and what may be said there instead. */
interface Said {
  source: string;
  path: string;
  advice: string;
}

const siteFile: Said = {
  source: 'site file',
  path: 'listen.soap',
  advice: 'give listen.tls, or say listen.insecure: true to go without',
};

/** Throws ConfigError. */
export function readListenAddress(
  listen: Pick<Site['listen'], 'soap' | 'insecure'> & { tls?: object | undefined },
  { source, path, advice }: Said = siteFile,
): ListenAddress {
  const match = /^(?:\[(.+)\]|(.+)):(\d+)$/.exec(listen.soap);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const refuse = (reason: string): never => {
    throw new ConfigError(source, [{ path, reason }]);
  };
  if (host === '' || !(port <= 65535)) return refuse(`'${listen.soap}' is not HOST:PORT`);
  if (!isLoopback(host) && listen.tls === undefined && !listen.insecure)
    return refuse(`'${listen.soap}' is not on loopback and there is no TLS: ${advice}`);
  return { host, port };
}

/** One entry of the allow-list of callbacks: `host`, `*.domain`, `address` or `network/prefix`, each with `:port` or without. Pure. */
import { BlockList, isIP } from 'node:net';

export interface AllowedCallback {
  /** Lower case; a network where it holds an address. */
  host: string;
  /** Absent: the entry is for every port of the host. */
  port?: number;
}

const longestPrefix: Record<number, number> = { 4: 32, 6: 128 };

const isSound = (host: string, port: number | undefined): boolean => {
  const [base = '', prefix, ...rest] = host.split('/');
  const isPrefixSound = prefix === undefined || Number(prefix) <= (longestPrefix[isIP(base)] ?? -1);
  return rest.length === 0 && isPrefixSound && (port === undefined || (port > 0 && port < 65536));
};

/** `[2001:db8::/32]:8443`, `*.example.org`, `10.0.0.0/8:9000` → host and port; undefined for what is none of them. */
export function readAllowedCallback(entry: string): AllowedCallback | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:\/\d{1,3})?)\]|((?:\*\.)?[A-Za-z0-9.-]+(?:\/\d{1,2})?))(?::(\d{1,5}))?$/.exec(
    entry,
  );
  const host = (match?.[1] ?? match?.[2])?.toLowerCase();
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (host === undefined || !isSound(host, port)) return undefined;
  return { host, ...(port === undefined ? {} : { port }) };
}

export const isNetwork = (host: string): boolean => isIP(host.split('/')[0] ?? '') !== 0;

interface Network {
  family: 'ipv4' | 'ipv6';
  list: BlockList;
}

function readNetwork(network: string): Network | undefined {
  const [base = '', prefix] = network.split('/');
  const version = isIP(base);
  if (version === 0) return undefined;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(base, family);
  else list.addSubnet(base, Number(prefix), family);
  return { family, list };
}

/** Networks are few: they come from the site file, and from here. */
const networks = new Map<string, Network | undefined>();

export function isWithin(address: string, network: string): boolean {
  if (!networks.has(network)) networks.set(network, readNetwork(network));
  const known = networks.get(network);
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return known !== undefined && isIP(address) !== 0 && known.family === family && known.list.check(address, family);
}

export const isNamed = (host: string, pattern: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern;

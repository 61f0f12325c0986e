/**
 * Where Iris may be asked to send callbacks. An address that a stranger names must not become a way into our own networks: what is not on
 * the site's allow-list is refused when it is named, and what a name resolves to is judged again before anything is sent there.
 */
import { BlockList, isIP } from 'node:net';
import { IrisError } from '../errors/iris-error.js';
import type { Site } from '../site/site-file.js';
import { isNamed, isNetwork, isWithin, readAllowedCallback } from './allowed-callback.js';

/** Addresses that a name has no business to lead to, unless their network is listed: this host, its links, and nowhere. */
const inner = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inner.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inner.addSubnet(network, prefix, 'ipv6');

const isInner = (address: string): boolean => inner.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
const isLoopback = (address: string): boolean => isWithin(address, '127.0.0.0/8') || isWithin(address, '::1');

/** An IPv4 address however it is written down: URL makes `[::ffff:7f00:1]` of `[::ffff:127.0.0.1]`. */
function toPlainAddress(address: string): string {
  const [, dotted, high, low] =
    /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(address) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return address;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const hostOf = ({ hostname }: URL): string => toPlainAddress(hostname.replace(/^\[|\]$/g, '').toLowerCase());
const portOf = ({ port, protocol }: URL): number => (port === '' ? (defaultPorts[protocol] ?? 0) : Number(port));

/** Hosts and networks that are listed for this requester and port. */
function listedFor({ nsi }: Site, requesterNSA: string, url: URL): string[] {
  const own = nsi?.requesters.find(({ nsaId }) => nsaId === requesterNSA)?.callbacks ?? [];
  return [...(nsi?.callbacks ?? []), ...own].flatMap((text) => {
    const entry = readAllowedCallback(text);
    return entry === undefined || (entry.port !== undefined && entry.port !== portOf(url)) ? [] : [entry.host];
  });
}

const isListedAddress = (address: string, listed: readonly string[]): boolean =>
  listed.some((entry) => isNetwork(entry) && isWithin(address, entry));

const isTooOpen = (url: URL, address: string, { nsi }: Site): boolean =>
  url.protocol === 'http:' && nsi?.insecureCallbacks !== true && !isLoopback(address);

/** Whether an address that the host of `url` has resolved to may be sent to. A listed name may lead anywhere but inside. */
export function isAllowedAddress(url: URL, found: string, requesterNSA: string, site: Site): boolean {
  const listed = listedFor(site, requesterNSA, url);
  const address = toPlainAddress(found);
  if (isTooOpen(url, address, site)) return false;
  if (isListedAddress(address, listed)) return true;
  const host = hostOf(url);
  return isIP(host) === 0 && !isInner(address) && listed.some((entry) => isNamed(host, entry));
}

function refuse(replyTo: string, why: string, kind: 'payload' | 'unauthorized' = 'unauthorized'): never {
  throw new IrisError(kind, { what: `replyTo '${replyTo}' ${why}`, variables: { replyTo } });
}

/** Throws IrisError for what can be refused without asking the name service. */
export function checkCallbackAddress(replyTo: string, requesterNSA: string, site: Site): void {
  const url = URL.canParse(replyTo) ? new URL(replyTo) : refuse(replyTo, 'is no URL', 'payload');
  if (!Object.hasOwn(defaultPorts, url.protocol)) refuse(replyTo, 'is neither http nor https', 'payload');
  if (url.username !== '' || url.password !== '') refuse(replyTo, 'must not carry a password', 'payload');
  const listed = listedFor(site, requesterNSA, url);
  const host = hostOf(url);
  const isListed = isIP(host) === 0 ? listed.some((entry) => isNamed(host, entry)) : isListedAddress(host, listed);
  if (!isListed) refuse(replyTo, 'is not on the allow-list of callbacks of this site');
  if (isIP(host) !== 0 && isTooOpen(url, host, site))
    refuse(replyTo, 'is plain HTTP, which this site sends to loopback only');
}

/** What a request asks for, from the wire's words to the domain's: absent things get their documented defaults, addresses their canonical form. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { ReserveRequest } from '../../domain/ports/provider.js';
import type { Criteria, IpAddress, VmSpec } from '../../domain/vi/criteria.js';
import type { RmsRequest, WireCriteria } from '../../wire/rms/types.js';

type WireVm = WireCriteria['vms'][number];

function toIpAddress(text: string): IpAddress {
  if (isIP(text) === 0)
    throw new IrisError('payload', { what: `'${text}' is not an IP address`, variables: { ip: text } });
  return ipaddr.parse(text).toString();
}

const toVm = ({ count, nested, nics, ...vm }: WireVm): VmSpec => ({
  ...vm,
  count: count ?? 1,
  nested: nested ?? true,
  nics: nics.map(({ mac, ip, prefixLength }) => ({
    ...(mac === undefined ? {} : { mac: mac.toLowerCase() }),
    ...(ip === undefined ? {} : { ip: toIpAddress(ip) }),
    ...(prefixLength === undefined ? {} : { prefixLength }),
  })),
});

/** Throws IrisError. */
export const toCriteria = (criteria: WireCriteria): Criteria => ({
  schedule: {
    ...(criteria.schedule?.startTime === undefined ? {} : { start: criteria.schedule.startTime }),
    ...(criteria.schedule?.endTime === undefined ? {} : { end: criteria.schedule.endTime }),
  },
  segment: criteria.segment,
  vms: criteria.vms.map(toVm),
  externalPorts: criteria.externalPorts,
  peers: criteria.peers.map((peer) => ({ site: peer.site, gateway: toIpAddress(peer.gateway) })),
  hosts: criteria.hosts.map(({ ip, mac, ...host }) => ({
    ...host,
    mac: mac.toLowerCase(),
    ...(ip === undefined ? {} : { ip: toIpAddress(ip) }),
  })),
});

export const toReserveRequest = ({
  globalReservationId,
  description,
  tenant,
  autoProvision,
  terminateOnRelease,
  criteria,
}: RmsRequest<'planReservation'>): ReserveRequest => ({
  ...(globalReservationId === undefined ? {} : { globalReservationId }),
  ...(description === undefined ? {} : { description }),
  ...(tenant === undefined ? {} : { tenant }),
  autoProvision: autoProvision ?? true,
  terminateOnRelease: terminateOnRelease ?? true,
  criteria: toCriteria(criteria),
});

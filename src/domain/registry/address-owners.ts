/** Whose an address is, in one VLAN of one registry: IPv4 by number (host-index.ts), everything else by its text. */
import { toIpv4Number } from '../../lib/address-number.js';
import type { IpAddress } from '../vi/criteria.js';
import { createHostIndex, type Host, type HostIndex } from './host-index.js';
import type { RegistryEntry } from './registry-entry.js';

export interface AddressOwners {
  /** Those that are IPv4: for questions in numbers. */
  readonly hosts: HostIndex<RegistryEntry>;
  get(ip: IpAddress): RegistryEntry | undefined;
  /** `host` is what the entry says, as numbers. */
  set(ip: IpAddress, entry: RegistryEntry, host: Host): void;
  delete(ip: IpAddress): void;
}

const isIpv4 = (ip: IpAddress): boolean => !ip.includes(':');

export function createAddressOwners(): AddressOwners {
  const hosts = createHostIndex<RegistryEntry>();
  const others = new Map<IpAddress, RegistryEntry>();

  return {
    hosts,
    get(ip) {
      if (!isIpv4(ip)) return others.get(ip);
      const at = hosts.find(toIpv4Number(ip));
      return at < 0 ? undefined : hosts.readOwner(at);
    },
    set(ip, entry, host) {
      if (isIpv4(ip)) hosts.set(toIpv4Number(ip), host, entry);
      else others.set(ip, entry);
    },
    delete(ip) {
      if (isIpv4(ip)) hosts.delete(toIpv4Number(ip));
      else others.delete(ip);
    },
  };
}

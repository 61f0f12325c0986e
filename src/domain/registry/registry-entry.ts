/** One entry of the management registry: (segment, VLAN, MAC) → IPs and place. */
import type { IpAddress, MacAddress, VlanId } from '../vi/criteria.js';

/** A port of a node of this site, or the peer site it lies behind. */
export type Place = { kind: 'port'; node: string; portName: string } | { kind: 'site'; site: string };

export interface RegistryEntry {
  vlan: VlanId;
  mac: MacAddress;
  ips: IpAddress[];
  place: Place;
  learntFrom: 'listed' | 'arp' | 'gratuitousArp' | 'rarp' | 'neighbourDiscovery';
  learntAt: Date;
}

/** Names a MAC or an IP within its segment. */
export const addressKey = (vlan: VlanId, address: MacAddress | IpAddress): string => `${vlan} ${address}`;

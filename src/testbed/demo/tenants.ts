/** The two tenants, alike in everything but who they are: same MACs, same addresses, same VLAN. */
import type { Host } from '../host.js';
import type { InterCloud } from '../inter-cloud.js';

export type TenantName = 'alice' | 'bob';

export interface Tenant {
  name: TenantName;
  password: string;
  /** Its machine at tokyo, and the external port that leads to it. */
  host: 'host1' | 'host2';
  externalPort: string;
  /** Fills the payload of its pings, in hexadecimal digits. */
  pingPattern: string;
}

export const tenants: Readonly<Record<TenantName, Tenant>> = {
  alice: { name: 'alice', password: 'alice-secret', host: 'host1', externalPort: 'lan1', pingPattern: 'a11cea11ce0a' },
  bob: { name: 'bob', password: 'bob-secret', host: 'host2', externalPort: 'lan2', pingPattern: 'b0bb0bb0b00b' },
};

export const vlan = 100;

export interface Address {
  untagged: string;
  tagged: string;
}

export const hostAddress: Address = { untagged: '192.168.50.100', tagged: '192.168.100.100' };

/** What each tenant rents at osaka. */
export const vms = [
  { name: 'vm1', mac: '52:54:00:00:00:0b', address: { untagged: '192.168.50.11', tagged: '192.168.100.11' } },
  { name: 'vm2', mac: '52:54:00:00:00:0c', address: { untagged: '192.168.50.12', tagged: '192.168.100.12' } },
] as const;

export const vmResources = { cpus: 1, memoryMiB: 128, diskGiB: 1 };

/** A tenant's virtual infrastructure, as `iris co-allocate` told of it. */
export interface CoAllocated {
  id: string;
  segmentKey: number;
  connections: Record<'tokyo' | 'osaka', string>;
}

export const hostOf = (cloud: InterCloud, tenant: Tenant): Host => cloud.hosts[tenant.host];

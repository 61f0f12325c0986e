/** A small site and a request that fits it, for tests of the engine; each test changes what it is about. */
import { type Site, siteFileSchema } from '../../src/domain/site/site-file.js';
import type { Criteria, VmSpec } from '../../src/domain/vi/criteria.js';

const node = (name: string, index: number, extra: object = {}): object => ({
  name,
  network: {
    ovsdb: 'fake:',
    controller: 'fake:',
    datapathId: index.toString(16).padStart(16, '0'),
    underlay: `10.0.0.${index}`,
  },
  ...extra,
});

const compute = { uri: 'fake:///system', cpus: 8, memoryMiB: 16384, diskGiB: 100 };

/** Gateway `gw` with external ports `lan1`, `lan2`, and `lan3` of a larger MTU; compute nodes `n1`, `n2`, `n3` of 8 CPUs each; peer `tokyo`. */
export const sampleSite = (changes: object = {}): Site =>
  siteFileSchema.parse({
    site: 'osaka',
    drivers: { compute: 'fake', network: 'fake' },
    nodes: [
      node('gw', 1, { gateway: { address: '192.0.2.1' } }),
      node('n1', 2, { compute }),
      node('n2', 3, { compute }),
      node('n3', 4, { compute }),
    ],
    externalPorts: [
      { name: 'lan1', node: 'gw', interface: 'lan1', vlans: [0, '100-199'], mtu: 1400 },
      { name: 'lan2', node: 'gw', interface: 'lan2', vlans: [0], mtu: 1400, tenants: ['beta'] },
      { name: 'lan3', node: 'gw', interface: 'lan3', vlans: [0], mtu: 1500 },
    ],
    peers: [{ site: 'tokyo', gateways: ['192.0.2.2'] }],
    images: [{ name: 'small', kind: 'kernel', kernel: '/k', initrd: '/i' }],
    tenants: [{ name: 'alpha' }, { name: 'beta' }, { name: 'limited', limits: { vms: 2, cpus: 4, durationHours: 1 } }],
    ...changes,
  });

export const sampleVm = (changes: Partial<VmSpec> = {}): VmSpec => ({
  name: 'vm',
  count: 1,
  cpus: 2,
  memoryMiB: 1024,
  diskGiB: 5,
  image: 'small',
  nested: true,
  nics: [{}],
  ...changes,
});

export const sampleCriteria = (changes: Partial<Criteria> = {}): Criteria => ({
  schedule: {},
  segment: { key: 4711, encapsulation: 'gre' },
  vms: [sampleVm({ count: 2 })],
  externalPorts: [],
  peers: [{ site: 'tokyo', gateway: '192.0.2.2' }],
  hosts: [],
  ...changes,
});

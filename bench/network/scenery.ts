/** A site of so many nodes and a VI of so many VMs, spread evenly, each with an address; what its registry knows at launch. */
import { deriveListedEntries } from '../../src/domain/registry/listed-entries.js';
import { type Site, siteFileSchema } from '../../src/domain/site/site-file.js';
import type { PlacedVi, PlacedVm } from '../../src/domain/vi/placed-vi.js';
import type { EntryView } from '../../src/drivers/network/plan/entry-flows.js';

const bytes = (value: number): [number, number] => [value >> 8, value & 0xff];
const hex = (value: number): string => value.toString(16).padStart(2, '0');

export const toSite = (nodes: number): Site =>
  siteFileSchema.parse({
    site: 'bench',
    nodes: Array.from({ length: nodes }, (_, index) => ({
      name: `n${index}`,
      network: {
        ovsdb: 'fake:',
        controller: 'fake:',
        datapathId: (index + 1).toString(16).padStart(16, '0'),
        underlay: `10.0.${bytes(index + 1).join('.')}`,
      },
      ...(index === 0 ? { gateway: { address: '203.0.113.1' } } : {}),
    })),
    peers: [{ site: 'other', gateways: ['203.0.113.2'] }],
    tenants: [{ name: 'alpha' }],
  });

const toVm = (index: number, nodes: number): PlacedVm => ({
  name: `vm-${index}`,
  node: `n${index % nodes}`,
  cpus: 1,
  memoryMiB: 128,
  diskGiB: 1,
  image: 'small',
  nested: true,
  nics: [
    {
      mac: `52:54:00:00:${bytes(index).map(hex).join(':')}`,
      ip: `10.1.${bytes(index + 1).join('.')}`,
      portName: `v${index}`,
    },
  ],
});

export const toVi = (vms: number, nodes: number): PlacedVi => ({
  connectionId: 'bench',
  version: 1,
  tenant: 'alpha',
  viNumber: 1,
  segment: { key: 101, encapsulation: 'gre' },
  vms: Array.from({ length: vms }, (_, index) => toVm(index, nodes)),
  externalPorts: [],
  gateway: 'n0',
  peers: [{ site: 'other', gateway: '203.0.113.2' }],
  hosts: [],
});

export const toEntries = (vi: PlacedVi, site: Site): EntryView[] =>
  deriveListedEntries(vi, site, new Date(0)).map((entry) => ({ entry, confirmed: true }));

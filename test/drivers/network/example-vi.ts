/** The VI that tests on real switches build and docs/pipeline.md shows: an external port in tokyo, two VMs in osaka. */
import type { Encapsulation } from '../../../src/domain/vi/criteria.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { toVi } from './sites.js';

export const instances = {
  tokyo: '11111111-2222-4333-8444-555555555555',
  osaka: '66666666-7777-4888-8999-aaaaaaaaaaaa',
};

/** The same MACs, IPs and VLAN for both tenants. */
export const osakaVi = (viNumber: number, key: number, encapsulation: Encapsulation): PlacedVi =>
  toVi({
    viNumber,
    key,
    encapsulation,
    vmNodes: ['on1', 'on2'],
    gateway: 'ogw',
    peers: [{ name: 'tokyo', number: 1 }],
    macSite: 2,
    hosts: [{ mac: '52:54:00:aa:00:01', ip: '192.168.7.200', vlan: 0, site: 'tokyo' }],
  });

export const tokyoVi = (viNumber: number, key: number, encapsulation: Encapsulation): PlacedVi => ({
  ...toVi({
    viNumber,
    key,
    encapsulation,
    vmNodes: [],
    externalPorts: [{ name: `lan${viNumber}`, node: 'tgw', vlans: [0, 100] }],
    gateway: 'tgw',
    peers: [{ name: 'osaka', number: 2 }],
  }),
});

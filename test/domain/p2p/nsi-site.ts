/** The sample site as an NSI network: `lan1` and `lan4` with VLANs, `lan2` of tenant beta, peers tokyo and nagoya with labels 1000–1999. */
import type { Site } from '../../../src/domain/site/site-file.js';
import { sampleSite } from '../../support/domain-samples.js';

export const networkId = 'urn:ogf:network:osaka.example.net:2026:iris';

export const stpOf = (localId: string, vlan?: string): string =>
  `${networkId}:${localId}${vlan === undefined ? '' : `?vlan=${vlan}`}`;

export const nsiSite = (changes: object = {}): Site =>
  sampleSite({
    nsi: { nsaId: 'urn:ogf:network:osaka.example.net:2026:nsa', networkId },
    externalPorts: [
      { name: 'lan1', node: 'gw', interface: 'lan1', vlans: [0, '100-199'], capacityMbit: 1000 },
      { name: 'lan2', node: 'gw', interface: 'lan2', vlans: [0], tenants: ['beta'] },
      { name: 'lan4', node: 'gw', interface: 'lan4', vlans: [0, '100-299'], capacityMbit: 400 },
    ],
    peers: [
      { site: 'tokyo', gateways: ['192.0.2.2'], vlans: ['1000-1999'] },
      { site: 'nagoya', gateways: ['192.0.2.3'], vlans: ['1000-1999'] },
    ],
    ...changes,
  });

/** What tests reserve over NSI. */
import type { WireOf } from '../../../src/wire/nsi/connection-types.js';
import { p2pVocabulary, viVocabulary } from '../../../src/wire/nsi/namespaces.js';
import { p2ps, type WireP2ps } from '../../../src/wire/nsi/p2p.js';
import { infrastructure, type WireInfrastructure } from '../../../src/wire/nsi/vi.js';
import type { XmlFragment } from '../../../src/wire/xml/schema-type.js';
import { toFragment } from '../../../src/wire/xml/write-xml.js';

const machines = { name: 'vm', count: 2, cpus: 2, memoryMiB: 1024, diskGiB: 5, image: 'small', nics: [{}] };

export const vi = (changes: Partial<WireInfrastructure> = {}): XmlFragment =>
  toFragment(viVocabulary, 'infrastructure', infrastructure, {
    segment: { key: 4711, encapsulation: 'gre' },
    vms: [machines],
    externalPorts: [],
    peers: [],
    hosts: [],
    ...changes,
  });

const network = 'urn:ogf:network:osaka.example:2026:iris';

export const circuit = (changes: Partial<WireP2ps> = {}): XmlFragment =>
  toFragment(p2pVocabulary, 'p2ps', p2ps, {
    capacity: 100,
    directionality: 'Bidirectional',
    sourceStp: `${network}:lan1?vlan=100-199`,
    destStp: `${network}:lan3?vlan=0`,
    parameters: [],
    inclusions: [],
    exclusions: [],
    others: [],
    ...changes,
  });

type Reserve = WireOf<'reserve'>;

export const reserveOf = (
  services: XmlFragment[],
  criteria: Partial<Reserve['criteria']> = {},
  changes: Partial<Reserve> = {},
): Reserve => ({ criteria: { serviceType: 'http://services.example/VI', services, ...criteria }, ...changes });

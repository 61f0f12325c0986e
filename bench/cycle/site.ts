/** The site that is measured, as a site file: simulated nodes with room for all, so that nothing is ever refused. */
import { join } from 'node:path';

export const tenant = { name: 'bench', user: 'bench', password: 'bench-secret' };

/** As roomy as an integer of the database lets a sum over a year of stored reservations be. */
export const capacity = { cpus: 4_096, memoryMiB: 4_194_304, diskGiB: 1_000_000 };

export const nodeName = (index: number): string => `n${index + 1}`;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const underlay = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** JSON, which YAML reads as well. */
export const siteFile = (folder: string, nodes: number, more: object = {}): string =>
  JSON.stringify({
    site: 'bench',
    stateDirectory: join(folder, 'state'),
    drivers: { compute: 'fake', network: 'fake' },
    nodes: Array.from({ length: nodes }, (_, index) => {
      const name = nodeName(index);
      return {
        name,
        compute: { uri: `fake:///${name}`, ...capacity },
        network: {
          ...{ ovsdb: `fake:${name}`, controller: `fake:${name}` },
          ...{ datapathId: hex(index + 1, 16), underlay: underlay(index + 1) },
        },
      };
    }),
    images: [{ name: 'small', kind: 'kernel', kernel: 'vmlinuz', initrd: 'initrd' }],
    tenants: [{ name: tenant.name }],
    users: [{ name: tenant.user, password: tenant.password, tenant: tenant.name }],
    ...more,
  });

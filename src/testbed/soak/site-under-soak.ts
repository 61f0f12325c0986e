/** The site that is put through it: three compute nodes and a gateway, simulated, in a folder that outlives every Iris. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export const tenants = ['acme', 'umbrella'] as const;
export type TenantName = (typeof tenants)[number];

export const passwordOf = (tenant: string): string => `${tenant}-secret`;

export const computeNodes = ['n1', 'n2', 'n3'] as const;
export const nodeCapacity = { cpus: 8, memoryMiB: 8192, diskGiB: 64 };

/** Short, so that a soak sees them pass; longer than an outage takes, or nobody could commit. */
export const holdSeconds = 15;
export const leaseSeconds = 4;

export const nodesFolder = (folder: string): string => join(folder, 'nodes');

const toNode = (name: string, index: number): object => ({
  name,
  network: {
    ovsdb: `fake:${name}`,
    controller: `fake:${name}`,
    datapathId: `${index + 1}`.padStart(16, '0'),
    underlay: `192.0.2.${index + 1}`,
  },
});

/** Returns the path of the site file for one of the processes. */
export function writeSiteFile(folder: string, process: { name: string; port: number; databaseUrl: string }): string {
  const state = join(folder, process.name);
  mkdirSync(state, { recursive: true });
  const path = join(folder, `${process.name}.yaml`);
  const site = {
    site: 'soak',
    database: process.databaseUrl,
    stateDirectory: state,
    listen: { soap: `127.0.0.1:${process.port}` },
    drivers: { compute: 'fake', network: 'fake' },
    simulation: { directory: nodesFolder(folder), latencyMs: 40 },
    reservations: { holdSeconds, leaseSeconds, resyncSeconds: 3 },
    nodes: [
      { ...toNode('gw', 0), gateway: { address: '198.51.100.1' } },
      ...computeNodes.map((name, index) => ({
        ...toNode(name, index + 1),
        compute: { uri: `fake:///${name}`, ...nodeCapacity },
      })),
    ],
    peers: [{ site: 'elsewhere', gateways: ['198.51.100.2'] }],
    images: [{ name: 'small', kind: 'kernel', kernel: 'vmlinuz', initrd: 'initrd.img' }],
    tenants: tenants.map((name) => ({ name })),
    users: tenants.map((name) => ({ name, password: passwordOf(name), tenant: name })),
  };
  writeFileSync(path, stringify(site), { mode: 0o600 });
  return path;
}

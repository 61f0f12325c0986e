/** The site that is put through it: its tenants, its short times, and the site file of each Iris process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export const tenants = ['acme', 'umbrella'] as const;
export type TenantName = (typeof tenants)[number];

export const passwordOf = (tenant: string): string => `${tenant}-secret`;

/** Short, so that a soak sees them pass; longer than an outage takes, or nobody could commit. */
export const holdSeconds = 15;
export const leaseSeconds = 4;

/** Returns the path of the site file for one of the processes. */
export function writeSiteFile(
  folder: string,
  nodes: object,
  process: { name: string; port: number; databaseUrl: string },
): string {
  const state = join(folder, process.name);
  mkdirSync(state, { recursive: true });
  const path = join(folder, `${process.name}.yaml`);
  const site = {
    site: 'soak',
    process: process.name,
    database: process.databaseUrl,
    stateDirectory: state,
    listen: { soap: `127.0.0.1:${process.port}` },
    reservations: { holdSeconds, leaseSeconds, resyncSeconds: 3 },
    tenants: tenants.map((name) => ({ name })),
    users: tenants.map((name) => ({ name, password: passwordOf(name), tenant: name })),
    ...nodes,
  };
  writeFileSync(path, stringify(site), { mode: 0o600 });
  return path;
}

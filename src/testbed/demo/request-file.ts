/** The request files that tenants give to `iris co-allocate`. */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { runPath } from '../run-directory.js';
import { type Demo, part } from './step.js';
import { hostAddress, hostOf, type Tenant, vlan, vmResources, vms } from './tenants.js';
import { toUserData } from './user-data.js';

interface SiteParts {
  vlans: readonly number[];
  osaka: object;
}

function writeRequest(demo: Demo, tenant: Tenant, file: string, description: string, parts: SiteParts): string {
  const sites = part(demo, 'sites');
  const { mac } = hostOf(part(demo, 'cloud'), tenant);
  const path = runPath(demo.run, file);
  const hosts = [
    { mac, ip: hostAddress.untagged },
    { mac, ip: hostAddress.tagged, vlan },
  ];
  const request = {
    description,
    schedule: { duration: '2h' },
    segment: { encapsulation: demo.options.encapsulation },
    sites: [
      {
        ...{ name: 'tokyo', url: sites.tokyo.url, user: tenant.name },
        externalPorts: [{ name: tenant.externalPort, vlans: parts.vlans, hostsUseSegmentMtu: true }],
        hosts: hosts.filter((host) => parts.vlans.includes(host.vlan ?? 0)),
      },
      { name: 'osaka', url: sites.osaka.url, user: tenant.name, ...parts.osaka },
    ],
  };
  writeFileSync(path, stringify(request), { mode: 0o600 });
  return path;
}

/** Two VMs on different nodes that can run VMs themselves, in one flat network with the tenant's host. */
export const writeTenantRequest = (demo: Demo, tenant: Tenant): string =>
  writeRequest(demo, tenant, `${tenant.name}.yaml`, `${tenant.name}'s machines at osaka`, {
    vlans: [0, vlan],
    osaka: {
      vms: vms.map(({ name, mac, address }) => ({
        name,
        ...vmResources,
        image: 'small',
        antiAffinity: 'apart',
        nics: [{ mac, ip: address.untagged }],
        userData: toUserData(tenant.name, address),
      })),
    },
  });

/** More than osaka has. */
export const writeOversizedRequest = (demo: Demo, tenant: Tenant): string =>
  writeRequest(demo, tenant, 'too-much.yaml', 'more than osaka has', {
    vlans: [199],
    osaka: { vms: [{ name: 'huge', ...vmResources, cpus: 64, image: 'small' }] },
  });

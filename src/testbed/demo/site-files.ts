/** The site files of tokyo and osaka, for the emulated machines as they are. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { GuestImage } from '../guest/guest-image.js';
import { type EmulatedNode, type EmulatedSite, externalInterfaces, hostMtu, type InterCloud } from '../inter-cloud.js';
import { runPath } from '../run-directory.js';
import { tenants } from './tenants.js';

export const operator = { name: 'operator', password: 'operator-secret' };

/** Name of Iris's bridge on every node. */
export const irisBridge = 'br-iris';

export interface SiteFileParts {
  port: number;
  databaseUrl: string;
  image: GuestImage;
}

const nodeResources = { cpus: 4, memoryMiB: 1024, diskGiB: 16 };

const toNode = (node: EmulatedNode, datapathId: string): object => ({
  name: node.name,
  compute: node.hypervisor && {
    uri: node.hypervisor.uri,
    ...nodeResources,
    diskDirectory: node.hypervisor.diskDirectory,
  },
  network: {
    ovsdb: node.machine.ovsdb,
    datapathId,
    controller: `unix:${node.machine.switchDirectory}/iris.ctl`,
    underlay: node.underlay,
    datapathType: 'netdev',
  },
  gateway: node.gateway === undefined ? undefined : { address: node.gateway },
});

/** tokyo's two LANs, each for one tenant. */
const externalPorts = Object.values(tenants).map(({ name, host, externalPort }) => ({
  name: externalPort,
  node: 'gw',
  interface: externalInterfaces[host],
  vlans: [0, '100-199'],
  mtu: hostMtu,
  tenants: [name],
}));

function toSiteFile(cloud: InterCloud, site: EmulatedSite, siteNumber: number, parts: SiteFileParts): object {
  const peers = Object.values(cloud.sites).filter((other) => other !== site);
  const gatewaysOf = (other: EmulatedSite) => other.nodes.flatMap(({ gateway }) => gateway ?? []);
  return {
    site: site.name,
    database: parts.databaseUrl,
    stateDirectory: runPath(cloud.run, `${site.name}-state`),
    listen: { soap: `127.0.0.1:${parts.port}` },
    bridge: irisBridge,
    nodes: site.nodes.map((node, index) => toNode(node, `00000000000${siteNumber}000${index + 1}`.slice(-16))),
    externalPorts: site.name === 'tokyo' ? externalPorts : [],
    peers: peers.map((peer) => ({ site: peer.name, gateways: gatewaysOf(peer) })),
    images: [{ name: 'small', kind: 'kernel', ...parts.image }],
    tenants: Object.values(tenants).map(({ name }) => ({ name })),
    users: [
      ...Object.values(tenants).map(({ name, password }) => ({ name, password, tenant: name })),
      { ...operator, role: 'operator' },
    ],
  };
}

/** Readable for its owner only: it holds passwords. */
export function writeSiteFile(cloud: InterCloud, name: 'tokyo' | 'osaka', parts: SiteFileParts): string {
  const path = runPath(cloud.run, `${name}.yaml`);
  const site = toSiteFile(cloud, cloud.sites[name], name === 'tokyo' ? 1 : 2, parts);
  mkdirSync(runPath(cloud.run, `${name}-state`), { recursive: true });
  writeFileSync(path, stringify(site), { mode: 0o600 });
  return path;
}

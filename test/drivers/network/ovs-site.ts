/** Two sites on real switches: tokyo, a gateway with two LAN ports; osaka, a gateway and two nodes; gateways joined by a WAN. */
import { type Site, siteFileSchema } from '../../../src/domain/site/site-file.js';
import type { Machine, OvsWorld } from './ovs-world.js';

export interface OvsSites {
  tokyo: Site;
  osaka: Site;
  machines: Record<'tgw' | 'ogw' | 'on1' | 'on2', Machine>;
}

type MachineAddress = Pick<Machine, 'name' | 'ovsdb' | 'directory'>;

const node = (machine: MachineAddress, datapath: number, underlay: string, gateway?: string) => ({
  name: machine.name,
  network: {
    ovsdb: machine.ovsdb,
    controller: `unix:${machine.directory}/iris.ctl`,
    datapathId: `00000000000000${datapath.toString(16).padStart(2, '0')}`,
    underlay,
    datapathType: 'netdev',
  },
  ...(gateway === undefined ? {} : { gateway: { address: gateway } }),
});

const toNsi = (site: string) => ({
  nsaId: `urn:ogf:network:${site}.example.net:2026:nsa`,
  networkId: `urn:ogf:network:${site}.example.net:2026:iris`,
});

/** The site files of these machines. */
export function toSites(machines: Record<keyof OvsSites['machines'], MachineAddress>): { tokyo: Site; osaka: Site } {
  const tokyo = siteFileSchema.parse({
    site: 'tokyo',
    nodes: [node(machines.tgw, 1, '10.1.0.1', '203.0.113.1')],
    externalPorts: [
      { name: 'lan1', node: 'tgw', interface: 'lan1', vlans: [0, '100-199'] },
      { name: 'lan2', node: 'tgw', interface: 'lan2', vlans: [0, '100-299'] },
    ],
    peers: [{ site: 'osaka', gateways: ['203.0.113.2'], vlans: ['1000-1999'] }],
    nsi: toNsi('tokyo'),
    tenants: [{ name: 'alpha' }, { name: 'beta' }],
  });
  const osaka = siteFileSchema.parse({
    site: 'osaka',
    nodes: [
      node(machines.ogw, 2, '10.2.0.1', '203.0.113.2'),
      node(machines.on1, 3, '10.2.0.2'),
      node(machines.on2, 4, '10.2.0.3'),
    ],
    peers: [{ site: 'tokyo', gateways: ['203.0.113.1'], vlans: ['1000-1999'] }],
    nsi: toNsi('osaka'),
    tenants: [{ name: 'alpha' }, { name: 'beta' }],
  });
  return { tokyo, osaka };
}

export async function raiseSites(world: OvsWorld): Promise<OvsSites> {
  const [tgw, ogw, on1, on2] = await Promise.all(['tgw', 'ogw', 'on1', 'on2'].map((name) => world.addMachine(name)));
  const machines = { tgw: tgw!, ogw: ogw!, on1: on1!, on2: on2! };
  const lan = await world.addLan('lan');
  const wan = await world.addLan('wan');
  await world.addUnderlay(machines.ogw, lan, 'br-phy', '10.2.0.1/24', 1);
  await world.addUnderlay(machines.on1, lan, 'br-phy', '10.2.0.2/24', 1);
  await world.addUnderlay(machines.on2, lan, 'br-phy', '10.2.0.3/24', 1);
  await world.addUnderlay(machines.tgw, wan, 'br-wan', '203.0.113.1/24', 2);
  await world.addUnderlay(machines.ogw, wan, 'br-wan', '203.0.113.2/24', 2);
  return { ...toSites(machines), machines };
}

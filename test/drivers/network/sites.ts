/** Sites and VIs for tests of the network: small, whole, and varied by the caller. */
import { type Site, siteFileSchema } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';

export const testInstance = '6f1c2f0e-54b0-4c55-9d2e-3b1f8e0f7a11';

export interface SiteShape {
  name: string;
  /** Second octet of the underlay's addresses, and last of the gateway's. */
  number: number;
  computeNodes: number;
  /** Interfaces that are plugged in as external ports at the gateway. */
  externalPorts?: { name: string; vlans: (number | string)[] }[];
  peers?: { name: string; number: number }[];
  /** With it the site has STPs. */
  networkId?: string;
}

const gatewayAddress = (number: number): string => `203.0.113.${number}`;

export function toSite({ name, number, computeNodes, externalPorts = [], peers = [], networkId }: SiteShape): Site {
  const network = (index: number) => ({
    ovsdb: 'fake:',
    controller: 'fake:',
    datapathId: `00000000000${number}00${index.toString(16).padStart(2, '0')}`,
    underlay: `10.${number}.0.${index + 1}`,
  });
  return siteFileSchema.parse({
    site: name,
    nodes: [
      { name: `${name}-gw`, network: network(0), gateway: { address: gatewayAddress(number) } },
      ...Array.from({ length: computeNodes }, (_, index) => ({
        name: `${name}-n${index + 1}`,
        network: network(index + 1),
      })),
    ],
    externalPorts: externalPorts.map((port) => ({
      name: port.name,
      node: `${name}-gw`,
      interface: port.name,
      vlans: port.vlans,
    })),
    peers: peers.map((peer) => ({ site: peer.name, gateways: [gatewayAddress(peer.number)] })),
    tenants: [{ name: 'alpha' }],
    ...(networkId === undefined ? {} : { nsi: { nsaId: `${networkId}:nsa`, networkId } }),
  });
}

export interface ViShape {
  viNumber: number;
  key: number;
  encapsulation?: PlacedVi['segment']['encapsulation'];
  /** Node of each VM, in order. */
  vmNodes: string[];
  externalPorts?: PlacedVi['externalPorts'];
  gateway?: string;
  peers?: { name: string; number: number }[];
  hosts?: PlacedVi['hosts'];
  /** Distinguishes the MACs of the sites' VMs: the same for two VIs gives the same MACs. */
  macSite?: number;
}

export const toMac = (site: number, index: number): string =>
  `52:54:00:00:${site.toString(16).padStart(2, '0')}:${index.toString(16).padStart(2, '0')}`;

export function toVi(shape: ViShape): PlacedVi {
  const { viNumber, key, encapsulation = 'gre', vmNodes, externalPorts = [], gateway, peers = [], hosts = [] } = shape;
  return {
    connectionId: `vi-${viNumber}`,
    version: 0,
    tenant: 'alpha',
    viNumber,
    segment: { key, encapsulation },
    vms: vmNodes.map((node, index) => ({
      name: `vm${index + 1}`,
      node,
      cpus: 1,
      memoryMiB: 128,
      diskGiB: 1,
      image: 'small',
      nested: false,
      nics: [
        {
          mac: toMac(shape.macSite ?? 1, index + 1),
          ip: `192.168.7.${(shape.macSite ?? 1) * 20 + index + 1}`,
          portName: `t${viNumber}-${index + 1}`,
        },
      ],
    })),
    externalPorts,
    ...(gateway === undefined ? {} : { gateway }),
    peers: peers.map((peer) => ({ site: peer.name, gateway: gatewayAddress(peer.number) })),
    hosts,
  };
}

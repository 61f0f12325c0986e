/** What a VI lists of its segment: which machines there are, where they are, and whose an address is. Pure. */
import type { Site } from '../site/site-file.js';
import type { MacAddress, VlanId } from '../vi/criteria.js';
import { deriveListedAddresses } from '../vi/listed-addresses.js';
import type { PlacedVi } from '../vi/placed-vi.js';
import { addressKey, type Place, type RegistryEntry } from './registry-entry.js';

export const deriveListedOwners = (vi: PlacedVi): Map<string, MacAddress> =>
  new Map(deriveListedAddresses(vi).map(({ vlan, ip, mac }) => [addressKey(vlan, ip), mac]));

/** By `addressKey`, those whose place is not known among them. */
export const deriveListedMachines = (vi: PlacedVi): Set<string> =>
  new Set([
    ...vi.vms.flatMap(({ nics }) => nics.map(({ mac }) => addressKey(0, mac))),
    ...vi.hosts.map(({ vlan, mac }) => addressKey(vlan, mac)),
  ]);

/** The only place that a host listed at our own site can be; undefined if several external ports hold its VLAN. */
function placeBehindExternalPort(vi: PlacedVi, site: Site, vlan: VlanId): Place | undefined {
  const candidates = vi.externalPorts.filter((port) => port.vlans.includes(vlan));
  if (candidates.length !== 1) return undefined;
  const { name, node } = candidates[0]!;
  const port = site.externalPorts.find((known) => known.name === name && known.node === node);
  return port && { kind: 'port', node, portName: port.interface };
}

/** What the VI lists at launch: its NICs, untagged, and the hosts known beforehand. */
export function deriveListedEntries(vi: PlacedVi, site: Site, at: Date): RegistryEntry[] {
  const nics = vi.vms.flatMap((vm) =>
    vm.nics.map(
      (nic): RegistryEntry => ({
        vlan: 0,
        mac: nic.mac,
        ips: nic.ip === undefined ? [] : [nic.ip],
        place: { kind: 'port', node: vm.node, portName: nic.portName },
        learntFrom: 'listed',
        learntAt: at,
      }),
    ),
  );
  const peers = new Set(vi.gateway === undefined ? [] : vi.peers.map((peer) => peer.site));
  const hosts = vi.hosts.flatMap((host): RegistryEntry[] => {
    const place: Place | undefined =
      host.site === site.site
        ? placeBehindExternalPort(vi, site, host.vlan)
        : peers.has(host.site)
          ? { kind: 'site', site: host.site }
          : undefined;
    if (place === undefined) return [];
    const ips = host.ip === undefined ? [] : [host.ip];
    return [{ vlan: host.vlan, mac: host.mac, ips, place, learntFrom: 'listed', learntAt: at }];
  });
  return [...hosts, ...nics];
}

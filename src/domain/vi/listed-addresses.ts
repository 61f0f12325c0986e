/** Addresses that a VI lists, each with the one machine that it lists it for. */
import type { IpAddress, MacAddress, VlanId } from './criteria.js';
import type { PlacedVi } from './placed-vi.js';

export interface ListedAddress {
  vlan: VlanId;
  mac: MacAddress;
  ip: IpAddress;
}

/** One that is listed for several machines is nobody's own. */
export function deriveListedAddresses(vi: PlacedVi): ListedAddress[] {
  const nics = vi.vms.flatMap((vm) => vm.nics.map(({ mac, ip }) => ({ vlan: 0, mac, ip })));
  const all = [...nics, ...vi.hosts].flatMap(({ vlan, mac, ip }) => (ip === undefined ? [] : [{ vlan, mac, ip }]));
  const owners = new Map<string, ListedAddress | undefined>();
  for (const one of all) {
    const key = `${one.vlan} ${one.ip}`;
    owners.set(key, owners.has(key) && owners.get(key)?.mac !== one.mac ? undefined : one);
  }
  return [...owners.values()].flatMap((owner) => owner ?? []);
}

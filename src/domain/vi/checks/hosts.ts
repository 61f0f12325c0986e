/** Of the machines that the request lists: the tenant’s own, at either site. */
import { isHostIp, isUnicastMac } from '../addresses.js';
import { type Check, firstDuplicate, firstOffence, isCount, listedMacs, offence } from './check.js';
import { macFault } from './mac-fault.js';

export const hosts: Record<string, Check> = {
  addressesAreAddresses: ({ hosts: list }) =>
    firstOffence(list, ({ mac, ip, vlan }) => {
      if (!isUnicastMac(mac)) return offence('payload', macFault(mac, 'a host'), { mac });
      if (ip !== undefined && !isHostIp(ip))
        return offence('payload', `the address of host ${mac} is no host's IPv4 or IPv6 address`, { mac, ip });
      return isCount(vlan, 0, 4094)
        ? undefined
        : offence('invalidLabel', `the VLAN of host ${mac} is 0 (untagged) or 1 to 4094`, { mac, vlan });
    }),
  areListedOnce: ({ hosts: list }) => {
    const twice = firstDuplicate(list.map(({ mac, vlan, ip }) => `${mac} in VLAN ${vlan} with ${ip ?? 'no address'}`));
    return twice === undefined ? undefined : offence('payload', `host ${twice} is listed twice`, { host: twice });
  },
  areNotVms: (criteria) => {
    const macs = new Set(listedMacs(criteria));
    const both = criteria.hosts.find(({ mac }) => macs.has(mac));
    return both === undefined
      ? undefined
      : offence('payload', `${both.mac} is a host's and a VM's at once`, { mac: both.mac });
  },
  standSomewhere: (criteria, { site }) =>
    firstOffence(criteria.hosts, (host) => {
      if (host.site === site.site)
        return criteria.externalPorts.some(({ vlans }) => vlans.includes(host.vlan))
          ? undefined
          : offence('service', `host ${host.mac} is in VLAN ${host.vlan}, which no external port carries`, {
              mac: host.mac,
              vlan: host.vlan,
            });
      return criteria.peers.some((peer) => peer.site === host.site)
        ? undefined
        : offence('unknownStp', `host ${host.mac} is at '${host.site}', which is not among the peers`, {
            mac: host.mac,
            peer: host.site,
          });
    }),
};

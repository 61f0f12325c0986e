/** Of the addresses of the VMs’ NICs. */
import { isHostIp, isUnicastMac, prefixBits } from '../addresses.js';
import { allNics, type Check, firstDuplicate, firstOffence, isCount, listedMacs, offence } from './check.js';
import { macFault } from './mac-fault.js';

export const addresses: Record<string, Check> = {
  nicMacsAreMacs: (criteria) =>
    firstOffence(allNics(criteria), ({ vm, nic: { mac } }) =>
      mac === undefined || isUnicastMac(mac)
        ? undefined
        : offence('payload', macFault(mac, `a NIC of VM '${vm}'`), { vm, mac }),
    ),
  nicIpsAreIps: (criteria) =>
    firstOffence(allNics(criteria), ({ vm, nic: { ip, prefixLength } }) => {
      if (ip !== undefined && !isHostIp(ip))
        return offence('payload', `the address of a NIC of VM '${vm}' is no host's IPv4 or IPv6 address`, { vm, ip });
      if (prefixLength === undefined) return undefined;
      if (ip === undefined)
        return offence('missingParameter', `a NIC of VM '${vm}' has a prefix length without an address`, {
          vm,
          parameter: 'ip',
        });
      return isCount(prefixLength, 0, prefixBits(ip))
        ? undefined
        : offence('payload', `the prefix length of ${ip} is at most ${prefixBits(ip)}`, { vm, ip, prefixLength });
    }),
  macsAreUnique: (criteria) => {
    const twice = firstDuplicate(listedMacs(criteria));
    return twice === undefined ? undefined : offence('payload', `two NICs have MAC ${twice}`, { mac: twice });
  },
  ipsAreUnique: (criteria) => {
    const twice = firstDuplicate(allNics(criteria).flatMap(({ nic }) => (nic.ip === undefined ? [] : [nic.ip])));
    return twice === undefined ? undefined : offence('payload', `two NICs have the address ${twice}`, { ip: twice });
  },
};

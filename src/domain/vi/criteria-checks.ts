/**
 * What is checked of a request before anything is held: a table, each check a pure function that names what offends it. Whether
 * there is room is not asked here (placement), nor whether a label is free (the database).
 */
import { IrisError } from '../errors/iris-error.js';
import type { NsiErrorName } from '../errors/nsi-errors.js';
import type { Site, SiteTenant } from '../site/site-file.js';
import { isHostIp, isMac, isUnicastMac, prefixBits } from './addresses.js';
import type { Criteria, NicSpec } from './criteria.js';
import { deriveVmNames, type NamesInForce } from './vm-names.js';

export interface CheckContext {
  site: Site;
  tenant: string;
  now: Date;
  /** What the compute driver can give. */
  nested: boolean;
  userData: boolean;
  /** Of a modification. */
  inForce?: {
    /** Since when it has been in force: the past counts towards the longest duration. Absent before that time. */
    begun?: Date;
    names: NamesInForce;
  };
}

interface Offence {
  kind: NsiErrorName;
  what: string;
  variables: Record<string, string>;
}
type Check = (criteria: Criteria, context: CheckContext) => Offence | undefined;

const offence = (kind: NsiErrorName, what: string, variables: Record<string, string | number>): Offence => ({
  kind,
  what,
  variables: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
});

function firstDuplicate<T>(items: readonly T[]): T | undefined {
  const seen = new Set<T>();
  return items.find((item) => seen.size === seen.add(item).size);
}

/** The first offence among `items`, if any. */
function firstOffence<T>(items: readonly T[], look: (item: T) => Offence | undefined): Offence | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Larger than any reservation means to be; keeps sums and loops small. */
const mostVms = 1024;
const mostNics = 16;
const mostOfAnything = 2 ** 31 - 1;

const isCount = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;
const isValidDate = (date: Date): boolean => !Number.isNaN(date.getTime());
const vmNamePattern = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

const allNics = (criteria: Criteria): { vm: string; nic: NicSpec }[] =>
  criteria.vms.flatMap((vm) => vm.nics.map((nic) => ({ vm: vm.name, nic })));
const listedMacs = (criteria: Criteria): string[] =>
  allNics(criteria).flatMap(({ nic }) => (nic.mac === undefined ? [] : [nic.mac]));
const tenantOf = (context: CheckContext): SiteTenant | undefined =>
  context.site.tenants.find((tenant) => tenant.name === context.tenant);

const schedule: Record<string, Check> = {
  datesAreDates: ({ schedule: { start, end } }) =>
    (start !== undefined && !isValidDate(start)) || (end !== undefined && !isValidDate(end))
      ? offence('payload', 'start or end of the schedule is no time', { schedule: 'start, end' })
      : undefined,
  endIsAfterStart: ({ schedule: { start, end } }) =>
    start !== undefined && end !== undefined && end <= start
      ? offence('payload', 'the schedule ends before it starts', {
          start: start.toISOString(),
          end: end.toISOString(),
        })
      : undefined,
  endIsToCome: ({ schedule: { end } }, { now }) =>
    end !== undefined && end <= now
      ? offence('payload', 'the schedule has ended already', { end: end.toISOString(), now: now.toISOString() })
      : undefined,
};

const segment: Record<string, Check> = {
  keyIsAKey: ({ segment: { key } }) =>
    isCount(key, 1, 0xffffff)
      ? undefined
      : offence('invalidLabel', `a segment key is 1 to ${0xffffff}`, { segmentKey: key }),
  keyIsOffered: ({ segment: { key } }, { site: { segments } }) =>
    key >= segments.keyFrom && key <= segments.keyTo
      ? undefined
      : offence('stpResolution', `this site's segment keys are ${segments.keyFrom} to ${segments.keyTo}`, {
          segmentKey: key,
        }),
  encapsulationIsOffered: ({ segment: { encapsulation } }, { site: { segments } }) =>
    segments.encapsulations.includes(encapsulation)
      ? undefined
      : offence('unsupportedParameter', `this site offers ${segments.encapsulations.join(', ')}`, { encapsulation }),
};

const vms: Record<string, Check> = {
  areNotTooMany: ({ vms: list }) => {
    const asked = list.reduce((sum, vm) => sum + vm.count, 0);
    return asked > mostVms
      ? offence('payload', `a reservation has at most ${mostVms} VMs`, { vms: asked, limit: mostVms })
      : undefined;
  },
  numbersAreSensible: ({ vms: list }) =>
    firstOffence(list, (vm) =>
      firstOffence(['count', 'cpus', 'memoryMiB', 'diskGiB'] as const, (field) =>
        // A VM that boots from kernel and initrd may do without a disk.
        isCount(vm[field], field === 'diskGiB' ? 0 : 1, mostOfAnything)
          ? undefined
          : offence('payload', `${field} of VM '${vm.name}' is not a whole number in its bounds`, {
              vm: vm.name,
              [field]: vm[field],
            }),
      ),
    ),
  namesAreNames: ({ vms: list }, { inForce }) =>
    firstOffence(
      list.flatMap((vm) => deriveVmNames(vm, inForce?.names)),
      (vm) =>
        vmNamePattern.test(vm)
          ? undefined
          : offence('payload', 'a VM name is letters, digits and dashes, at most 63, as in a host name', { vm }),
    ),
  namesAreUnique: ({ vms: list }, { inForce }) => {
    const twice = firstDuplicate(list.flatMap((vm) => deriveVmNames(vm, inForce?.names)));
    return twice === undefined ? undefined : offence('payload', `VM '${twice}' is named twice`, { vm: twice });
  },
  imagesAreKnown: ({ vms: list }, { site }) =>
    firstOffence(list, ({ name, image }) =>
      site.images.some((known) => known.name === image)
        ? undefined
        : offence('unsupportedParameter', `image '${image}' of VM '${name}' is not offered here`, { vm: name, image }),
    ),
  nestingIsOffered: ({ vms: list }, context) =>
    firstOffence(list, ({ name, nested }) =>
      nested && !context.nested
        ? offence('unsupportedParameter', `nested virtualisation is not offered here`, { vm: name, nested: 'true' })
        : undefined,
    ),
  userDataIsOffered: ({ vms: list }, context) =>
    firstOffence(list, ({ name, userData }) =>
      userData !== undefined && !context.userData
        ? offence('unsupportedParameter', `user data is not offered here`, { vm: name, parameter: 'userData' })
        : undefined,
    ),
  nicsAreFew: ({ vms: list }) =>
    firstOffence(list, ({ name, nics }) =>
      nics.length > mostNics
        ? offence('payload', `a VM has at most ${mostNics} NICs`, { vm: name, nics: nics.length })
        : undefined,
    ),
  copiesHaveNoAddresses: ({ vms: list }) =>
    firstOffence(list, ({ name, count, nics }) =>
      count > 1 && nics.some((nic) => nic.mac !== undefined || nic.ip !== undefined)
        ? offence('payload', `'${name}' stands for ${count} VMs, which cannot share a MAC or IP address`, {
            vm: name,
            count,
          })
        : undefined,
    ),
  antiAffinityIsPossible: ({ vms: list }, { site }) => {
    const nodes = site.nodes.filter((node) => node.compute !== undefined).length;
    const sizes = new Map<string, number>();
    for (const { antiAffinity, count } of list)
      if (antiAffinity !== undefined) sizes.set(antiAffinity, (sizes.get(antiAffinity) ?? 0) + count);
    return firstOffence([...sizes], ([antiAffinity, size]) =>
      size > nodes
        ? offence('capacityUnavailable', `${size} VMs of '${antiAffinity}' cannot stand apart on ${nodes} nodes`, {
            antiAffinity,
            vms: size,
            nodes,
          })
        : undefined,
    );
  },
};

const addresses: Record<string, Check> = {
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

const macFault = (mac: string, whose: string): string =>
  isMac(mac)
    ? `${mac} of ${whose} is a multicast or zero MAC, which no machine has`
    : `the MAC of ${whose} is not six lower-case hexadecimal pairs with colons`;

const externalPorts: Record<string, Check> = {
  areKnown: ({ externalPorts: list }, { site }) =>
    firstOffence(list, ({ name }) =>
      site.externalPorts.some((port) => port.name === name)
        ? undefined
        : offence('unknownStp', `there is no external port '${name}'`, { externalPort: name }),
    ),
  areTheTenants: ({ externalPorts: list }, { site, tenant }) =>
    firstOffence(list, ({ name }) => {
      const allowed = site.externalPorts.find((port) => port.name === name)?.tenants;
      return allowed === undefined || allowed.includes(tenant)
        ? undefined
        : offence('unauthorized', `tenant '${tenant}' may not use external port '${name}'`, {
            externalPort: name,
            tenant,
          });
    }),
  areNamedOnce: ({ externalPorts: list }) => {
    const twice = firstDuplicate(list.map((port) => port.name));
    return twice === undefined
      ? undefined
      : offence('payload', `external port '${twice}' is named twice`, { externalPort: twice });
  },
  haveVlans: ({ externalPorts: list }) =>
    firstOffence(list, ({ name, vlans }) => {
      if (vlans.length === 0)
        return offence('missingParameter', `external port '${name}' carries no VLAN`, {
          externalPort: name,
          parameter: 'vlan',
        });
      const bad = vlans.find((vlan) => !isCount(vlan, 0, 4094)) ?? firstDuplicate(vlans);
      return bad === undefined
        ? undefined
        : offence('invalidLabel', `the VLANs of '${name}' are each once, 0 (untagged) or 1 to 4094`, {
            externalPort: name,
            vlan: bad,
          });
    }),
  vlansAreOffered: ({ externalPorts: list }, { site }) =>
    firstOffence(list, ({ name, vlans }) => {
      const offered = site.externalPorts.find((port) => port.name === name)?.vlans ?? [];
      const bad = vlans.find((vlan) => !offered.some((range) => isInRange(vlan, range)));
      return bad === undefined
        ? undefined
        : offence('stpResolution', `external port '${name}' offers VLANs ${offered.join(', ')}`, {
            externalPort: name,
            vlan: bad,
          });
    }),
};

function isInRange(vlan: number, range: number | string): boolean {
  if (typeof range === 'number') return vlan === range;
  const [from, to] = range.split('-').map(Number);
  return vlan >= from! && vlan <= to!;
}

const peers: Record<string, Check> = {
  areKnown: ({ peers: list }, { site }) =>
    firstOffence(list, ({ site: name, gateway }) => {
      const known = site.peers.find((peer) => peer.site === name);
      if (known === undefined)
        return offence('unknownStp', `site '${name}' is no peer of this one`, { peer: name, gateway });
      return known.gateways.includes(gateway)
        ? undefined
        : offence('unknownStp', `site '${name}' has no gateway ${gateway}`, { peer: name, gateway });
    }),
  areNamedOnce: ({ peers: list }) => {
    const twice = firstDuplicate(list.map((peer) => peer.site));
    return twice === undefined ? undefined : offence('payload', `peer '${twice}' is named twice`, { peer: twice });
  },
  canBeReached: ({ peers: list }, { site }) =>
    list.length > 0 && !site.nodes.some((node) => node.gateway !== undefined)
      ? offence('noPath', 'this site has no gateway to other sites', { peer: list[0]!.site })
      : undefined,
};

const hosts: Record<string, Check> = {
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

/** Of a reservation without an end. */
const unlimited = Number.POSITIVE_INFINITY;

const limit = (name: string, allowed: number | undefined, asked: number, tenant: string): Offence | undefined =>
  allowed === undefined || asked <= allowed
    ? undefined
    : offence(
        'resourceUnavailable',
        `tenant '${tenant}' is limited to ${allowed} ${name}, ${asked === unlimited ? 'open-ended is asked for' : `${asked} would be needed`}`,
        { limit: name, allowed, asked: asked === unlimited ? 'unlimited' : asked, tenant },
      );

const millisecondsPerHour = 3_600_000;

const tenant: Record<string, Check> = {
  isKnown: (_criteria, context) =>
    tenantOf(context) === undefined
      ? offence('unauthorized', `tenant '${context.tenant}' is not known here`, { tenant: context.tenant })
      : undefined,
  durationIsAllowed: ({ schedule: { start, end } }, context) => {
    const allowed = tenantOf(context)?.limits.durationHours;
    if (allowed === undefined) return undefined;
    const from = start === undefined || start < context.now ? (context.inForce?.begun ?? context.now) : start;
    const asked = end === undefined ? unlimited : (end.getTime() - from.getTime()) / millisecondsPerHour;
    return limit('durationHours', allowed, asked, context.tenant);
  },
};

export const criteriaChecks: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  tenant,
  schedule,
  segment,
  vms,
  addresses,
  externalPorts,
  peers,
  hosts,
};

/** Of a point-to-point service; the rest is checked where its ends are resolved. */
const pointToPointChecks = { tenant, schedule };

/** Throws an IrisError for the first thing that is wrong, in the order of the table. */
export function checkCriteria(criteria: Criteria, context: CheckContext): void {
  for (const checks of Object.values(criteria.pointToPoint === undefined ? criteriaChecks : pointToPointChecks))
    for (const check of Object.values(checks)) {
      const found = check(criteria, context);
      if (found !== undefined) throw new IrisError(found.kind, { what: found.what, variables: found.variables });
    }
}

/** What a tenant would have at its peak if it were given this, against the site file. */
export function checkTenantLimits(
  criteria: Criteria,
  limits: SiteTenant['limits'],
  peak: { vms: number; cpus: number; memoryMiB: number },
  tenantName: string,
): void {
  const sum = (amount: (vm: Criteria['vms'][number]) => number): number =>
    criteria.vms.reduce((total, vm) => total + vm.count * amount(vm), 0);
  const found =
    limit('vms', limits.vms, peak.vms + sum(() => 1), tenantName) ??
    limit('cpus', limits.cpus, peak.cpus + sum((vm) => vm.cpus), tenantName) ??
    limit('memoryMiB', limits.memoryMiB, peak.memoryMiB + sum((vm) => vm.memoryMiB), tenantName);
  if (found !== undefined) throw new IrisError(found.kind, { what: found.what, variables: found.variables });
}

/** Of the external ports, and their VLANs, that a segment is to reach. */
import { type Check, firstDuplicate, firstOffence, isCount, offence } from './check.js';

export const externalPorts: Record<string, Check> = {
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

/** Of the VMs themselves. */
import { deriveVmNames } from '../vm-names.js';
import { type Check, firstDuplicate, firstOffence, isCount, offence } from './check.js';

/** Larger than any reservation means to be; keeps sums and loops small. */
const mostVms = 1024;
const mostNics = 16;
const mostOfAnything = 2 ** 31 - 1;
const vmNamePattern = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

export const vms: Record<string, Check> = {
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

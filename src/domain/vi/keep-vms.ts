/** What a new version of a VI takes over from the one in force: where its VMs stand, their MACs, their ports, its gateway. Pure. */
import type { VmSpec } from './criteria.js';
import type { PlacedNic, PlacedVi } from './placed-vi.js';
import { keepsItsDisk } from './vi-change.js';
import type { NamesInForce } from './vm-names.js';

export interface Before {
  inForce: PlacedVi;
  names: NamesInForce;
  /** Parts of them may still stand: the names of their ports are not given again. */
  replaced: readonly PlacedVi[];
  /** Whether it has been anywhere: a VM is placed elsewhere only before its first boot. */
  wasBuilt: boolean;
  /** VMs that have never run, and the nodes that they are to leave or have left. */
  avoid?: ReadonlyMap<string, ReadonlySet<string>>;
}

type NamedVm = Pick<VmSpec, 'name' | 'image' | 'diskGiB'>;

/** VM name → node. What has not been built is only better left where it is; what has been cannot move with its disk. */
export function derivePins(vms: readonly NamedVm[], { inForce, wasBuilt, avoid }: Before): Map<string, string> {
  const nodeOf = new Map<string, string>();
  for (const vm of vms) {
    const before = inForce.vms.find(({ name }) => name === vm.name);
    const leaves = avoid?.has(vm.name) ?? false;
    if (before !== undefined && !leaves && (!wasBuilt || keepsItsDisk(before, vm))) nodeOf.set(vm.name, before.node);
  }
  return nodeOf;
}

/** The NIC in the same place of the VM of the same name. */
export const findNicBefore = (before: Before | undefined, vmName: string, index: number): PlacedNic | undefined =>
  before?.inForce.vms.find(({ name }) => name === vmName)?.nics[index];

export const listPortNames = (before: Before | undefined): string[] =>
  before === undefined
    ? []
    : [before.inForce, ...before.replaced].flatMap(({ vms }) =>
        vms.flatMap(({ nics }) => nics.map(({ portName }) => portName)),
      );

/**
 * From a VmSpec with a count to the names of its VMs: `web` once is `web`, thrice is `web-1` … `web-3`. A VM that stays when the count
 * changes keeps the name it has: `web` becomes `web` and `web-2`, and the last ones go first.
 */
import type { Criteria, VmSpec } from './criteria.js';
import type { PlacedVi } from './placed-vi.js';

/** By the name of the VmSpec: what its VMs are called in the version in force. */
export type NamesInForce = ReadonlyMap<string, readonly string[]>;

export const deriveVmNames = (vm: Pick<VmSpec, 'name' | 'count'>, inForce?: NamesInForce): string[] =>
  Array.from(
    { length: vm.count },
    (_, index) => inForce?.get(vm.name)?.[index] ?? (vm.count === 1 ? vm.name : `${vm.name}-${index + 1}`),
  );

/** VMs are placed in the order of the criteria. */
export function deriveNamesInForce(criteria: Criteria, placed: PlacedVi): NamesInForce {
  const names = placed.vms.map((vm) => vm.name);
  return new Map(criteria.vms.map(({ name, count }) => [name, names.splice(0, count)]));
}

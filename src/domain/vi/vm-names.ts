/** From a VmSpec with a count to the names of its VMs: `web` once is `web`, thrice is `web-1` … `web-3`. */
import type { VmSpec } from './criteria.js';

export const deriveVmNames = (vm: Pick<VmSpec, 'name' | 'count'>): string[] =>
  vm.count === 1 ? [vm.name] : Array.from({ length: vm.count }, (_, index) => `${vm.name}-${index + 1}`);

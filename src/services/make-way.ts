/**
 * Before a new version is built over an old one: what has no place in it goes first — flows, then VMs — so that a full node has room for
 * what comes. What stays is not touched.
 */
import type { ObservedDomain } from '../domain/ports/compute-driver.js';
import type { PlacedVi, PlacedVm } from '../domain/vi/placed-vi.js';
import { deriveGone, deriveVmChange, findBefore, isAt } from '../domain/vi/vi-change.js';
import type { Failures } from './failures.js';
import type { SiteContext } from './site-context.js';

interface Removal {
  vm: PlacedVm;
  disk: 'keep' | 'erase';
}

/** VMs of the new version that cannot stay as they are. A guest that shut itself down is left alone: it takes what is wanted when it is started again. */
function deriveRenewal(
  vm: PlacedVm,
  domain: ObservedDomain | undefined,
  vi: PlacedVi,
  replaced: readonly PlacedVi[],
): Removal[] {
  const before = findBefore(vm, domain?.mark.version, vi, replaced);
  const change = before === undefined ? 'stay' : deriveVmChange(before, vm);
  if (change === 'remake') return [{ vm, disk: 'erase' }];
  return change === 'restart' && domain !== undefined && !domain.shutDownByGuest ? [{ vm, disk: 'keep' }] : [];
}

/** Returns the VMs of the new version that were removed and have to be made again. `seen`: what stands of the VI. */
export async function makeWay(
  { compute, network }: SiteContext,
  { vi, replaced, instance }: { vi: PlacedVi; replaced: readonly PlacedVi[]; instance: string },
  seen: readonly ObservedDomain[],
  failures: Failures,
): Promise<PlacedVm[]> {
  const domainOf = (vm: PlacedVm): ObservedDomain | undefined =>
    seen.find((domain) => isAt(vm, { name: domain.vmName, node: domain.node }));
  const renewals = vi.vms.flatMap((vm) => deriveRenewal(vm, domainOf(vm), vi, replaced));
  const removals: Removal[] = [...deriveGone(vi, replaced).map((vm): Removal => ({ vm, disk: 'erase' })), ...renewals];
  if (removals.length === 0) return [];

  const renewed = renewals.map(({ vm }) => vm);
  const isUp = (vm: PlacedVm): boolean => ['running', 'paused'].includes(domainOf(vm)?.state ?? '');
  const staying = vi.vms.filter((vm) => isUp(vm) && !renewed.includes(vm));
  await failures.attempt(() => network.ensure({ ...vi, vms: staying }));
  const mark = { instance, connectionId: vi.connectionId };
  await Promise.all(
    removals.map(({ vm, disk }) => failures.attempt(() => compute.remove(vm.node, mark, vm.name, disk))),
  );
  return renewed;
}

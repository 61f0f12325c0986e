/** From one version of a VI to the next: which VMs are the same machines, and what the change asks of each. Pure. */
import type { PlacedNic, PlacedVi, PlacedVm } from './placed-vi.js';

/** What has to be known of a VM to say whether it can be the machine that was there before. */
type Machine = Pick<PlacedVm, 'name' | 'image' | 'diskGiB'>;

/** The same name alone does not keep a disk: it must have come from the same image, and it cannot shrink. */
export const keepsItsDisk = (before: Machine, after: Machine): boolean =>
  before.name === after.name && before.image === after.image && before.diskGiB <= after.diskGiB;

export const isAt = (a: Pick<PlacedVm, 'name' | 'node'>, b: Pick<PlacedVm, 'name' | 'node'>): boolean =>
  a.name === b.name && a.node === b.node;

const nicKey = ({ mac, portName }: PlacedNic): string => `${mac} ${portName}`;

/** What a running guest is shown by its hardware; user data and addresses are only told at a start. */
const isSameHardware = (before: PlacedVm, after: PlacedVm): boolean =>
  (['cpus', 'memoryMiB', 'diskGiB', 'nested'] as const).every((field) => before[field] === after[field]) &&
  before.nics.map(nicKey).join() === after.nics.map(nicKey).join();

/**
 * `stay`: it is not touched. `restart`: it takes what is wanted with its next start, on the disk it has. `remake`: another machine takes
 * its name and its place, on a new disk.
 */
export type VmChange = 'stay' | 'restart' | 'remake';

export function deriveVmChange(before: PlacedVm, after: PlacedVm): VmChange {
  if (!keepsItsDisk(before, after)) return 'remake';
  return isSameHardware(before, after) ? 'stay' : 'restart';
}

/**
 * The VM as it was last defined, if that was before the version in force: `definedBy` is the version that it bears. A mark older than all
 * that is known is of a VM that no version since has changed.
 */
export function findBefore(
  vm: PlacedVm,
  definedBy: number | undefined,
  vi: PlacedVi,
  replaced: readonly PlacedVi[],
): PlacedVm | undefined {
  if (definedBy === vi.version) return undefined;
  const versions = [...replaced].sort((a, b) => b.version - a.version);
  const known = versions.find(({ version }) => definedBy !== undefined && version <= definedBy) ?? versions.at(-1);
  return known?.vms.find((other) => isAt(other, vm));
}

/** VMs that only replaced versions have where they are: to be removed with their disks. */
export function deriveGone(vi: PlacedVi, replaced: readonly PlacedVi[]): PlacedVm[] {
  const gone = new Map<string, PlacedVm>();
  for (const vm of replaced.flatMap(({ vms }) => vms))
    if (!vi.vms.some((other) => isAt(other, vm))) gone.set(`${vm.node} ${vm.name}`, vm);
  return [...gone.values()];
}

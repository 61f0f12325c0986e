/**
 * VMs and disks of ours that stand where no version of their reservation that is in force, or still to be cleared away, places them: what a
 * node had kept that was away, or that Iris lost sight of. The search for orphans finds them; the reservation's next round removes them, by
 * what its versions are by then.
 */
import type { Reservation } from '../domain/reservation/reservation.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { isAt } from '../domain/vi/vi-change.js';
import type { Failures } from './failures.js';
import type { SiteContext } from './site-context.js';

/** Of one VM: its domain, its disk, or both. */
export interface StrayVm {
  connectionId: string;
  node: string;
  vmName: string;
}

const isPlacedBy = ({ node, vmName: name }: StrayVm, versions: readonly PlacedVi[]): boolean =>
  versions.some(({ vms }) => vms.some((vm) => isAt(vm, { name, node })));

export const isAstray = (vm: StrayVm, { committed, replaced = [] }: Reservation): boolean =>
  committed !== undefined && !isPlacedBy(vm, [committed.placed, ...replaced.map(({ placed }) => placed)]);

export interface StrayNotes {
  /** In place of what was found before. */
  replace(found: readonly StrayVm[]): void;
  /** Those of a VI that none of these versions places; each once. */
  of(connectionId: string, versions: readonly PlacedVi[]): StrayVm[];
  /** They were removed. */
  forget(gone: readonly StrayVm[]): void;
}

const keyOf = ({ node, connectionId, vmName }: StrayVm): string => `${node} ${connectionId} ${vmName}`;

export function createStrayNotes(): StrayNotes {
  let known = new Map<string, StrayVm>();
  return {
    replace(found) {
      known = new Map(found.map((vm) => [keyOf(vm), vm]));
    },
    of: (connectionId, versions) =>
      [...known.values()].filter((vm) => vm.connectionId === connectionId && !isPlacedBy(vm, versions)),
    forget(gone) {
      for (const vm of gone) known.delete(keyOf(vm));
    },
  };
}

/** After the flows: the network driver has taken them from where the VI has no part. */
export async function removeStrays(
  { compute, log }: SiteContext,
  strays: readonly StrayVm[],
  instance: string,
  failures: Failures,
): Promise<void> {
  await Promise.all(
    strays.map(({ connectionId, node, vmName }) =>
      failures.attempt(async () => {
        await compute.remove(node, { instance, connectionId }, vmName, 'erase');
        log.warn({ connectionId, node, vm: vmName }, 'stood where no version places it, and is removed');
      }),
    ),
  );
}

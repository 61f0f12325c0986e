/** How the VMs of a VI are, as their nodes say when asked. A node that does not answer soon is waited for no longer. */
import type { ComputeDriver, ObservedDomain } from '../domain/ports/compute-driver.js';
import type { VmState, VmStateView } from '../domain/ports/provider.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { undefinedAfter } from '../lib/undefined-after.js';

const waitMs = 2_000;

function toVmState(vmName: string, connectionId: string, seen: readonly ObservedDomain[] | undefined): VmState {
  if (seen === undefined) return 'unseen';
  const domain = seen.find((known) => known.vmName === vmName && known.mark.connectionId === connectionId);
  if (domain === undefined) return 'missing';
  return domain.shutDownByGuest ? 'shutDownByGuest' : domain.state;
}

export async function observeVmStates(compute: ComputeDriver, vi: PlacedVi): Promise<VmStateView[]> {
  const nodes = [...new Set(vi.vms.map(({ node }) => node))];
  const seen = new Map(
    await Promise.all(nodes.map(async (node) => [node, await undefinedAfter(waitMs, compute.observe(node))] as const)),
  );
  return vi.vms.map(({ name, node }) => ({ name, node, state: toVmState(name, vi.connectionId, seen.get(node)) }));
}

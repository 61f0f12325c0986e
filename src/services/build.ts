/**
 * Makes a VI stand, or nothing of it: calls to the drivers in the order that keeps frames from where they do not belong. Idempotent;
 * what fails is noted, and the rest goes on. Writes no state.
 */
import type { Mark } from '../domain/vi/mark.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import type { Failures } from './failures.js';
import type { SiteContext } from './site-context.js';

/** Names of the VMs that are as they should be already: seen with one question per node, so that a periodic round is cheap. */
async function observeStanding({ compute }: SiteContext, vi: PlacedVi): Promise<Set<string>> {
  const nodes = [...new Set(vi.vms.map((vm) => vm.node))];
  // A node that cannot be looked at shows nothing; its VMs are then ensured one by one, and that fails with the reason.
  const observed = await Promise.all(nodes.map((node) => compute.observe(node).catch(() => [])));
  const here = observed
    .flat()
    .filter(({ mark, state, shutDownByGuest }) => {
      const isOurs = mark.connectionId === vi.connectionId && mark.version === vi.version;
      return isOurs && (state === 'running' || shutDownByGuest);
    })
    .map(({ node, vmName }) => `${node} ${vmName}`);
  const standing = new Set(here);
  return new Set(vi.vms.filter((vm) => standing.has(`${vm.node} ${vm.name}`)).map((vm) => vm.name));
}

/** VMs defined and paused → flows stand → VMs run; on each node as far as it goes. `wasUp`: the last round left it whole. */
export async function ensureUp(
  context: SiteContext,
  vi: PlacedVi,
  instance: string,
  wasUp: boolean,
  failures: Failures,
): Promise<void> {
  const { site, compute, network } = context;
  const mark: Mark = { instance, connectionId: vi.connectionId, version: vi.version };
  const mtu = network.segmentMtu(vi);
  const standing = wasUp ? await observeStanding(context, vi) : new Set<string>();
  const missing = vi.vms.filter((vm) => !standing.has(vm.name));
  const ensured = await Promise.all(
    missing.map(async (vm) => ({
      vm,
      ok: await failures.attempt(() => compute.ensure({ mark, vm, bridge: site.bridge, mtu })),
    })),
  );
  await failures.attempt(() => network.ensure(vi));
  await Promise.all(
    ensured
      .filter(({ vm, ok }) => ok && !failures.hasNode(vm.node))
      .map(({ vm }) => failures.attempt(() => compute.run(vm.node, mark, vm.name))),
  );
}

/** Flows, ports and tunnels → VMs. */
export async function ensureDown(
  { compute, network }: SiteContext,
  vi: PlacedVi,
  instance: string,
  disk: 'keep' | 'erase',
  failures: Failures,
): Promise<void> {
  await failures.attempt(() => network.remove(vi));
  const mark = { instance, connectionId: vi.connectionId };
  await Promise.all(vi.vms.map((vm) => failures.attempt(() => compute.remove(vm.node, mark, vm.name, disk))));
}

/**
 * Makes a VI stand, or nothing of it: calls to the drivers in the order that keeps frames from where they do not belong. Idempotent;
 * writes no state.
 */
import type { Mark } from '../domain/vi/mark.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { collectFailures, type Failures } from './failures.js';
import type { SiteContext } from './site-context.js';

/** VMs defined and paused → flows stand → VMs run; on each node as far as it goes. */
export async function ensureUp(
  { site, compute, network }: SiteContext,
  vi: PlacedVi,
  instance: string,
): Promise<Failures> {
  const failures = collectFailures();
  const mark: Mark = { instance, connectionId: vi.connectionId, version: vi.version };
  const mtu = network.segmentMtu(vi);
  const ensured = await Promise.all(
    vi.vms.map(async (vm) => ({
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
  return failures;
}

/** Flows, ports and tunnels → VMs. */
export async function ensureDown(
  { compute, network }: SiteContext,
  vi: PlacedVi,
  instance: string,
  disk: 'keep' | 'erase',
): Promise<Failures> {
  const failures = collectFailures();
  await failures.attempt(() => network.remove(vi));
  const mark = { instance, connectionId: vi.connectionId };
  await Promise.all(vi.vms.map((vm) => failures.attempt(() => compute.remove(vm.node, mark, vm.name, disk))));
  return failures;
}

/**
 * Makes a VI stand, or nothing of it: calls to the drivers in the order that keeps frames from where they do not belong. Idempotent;
 * what fails is noted, and the rest goes on. Writes no state.
 */
import type { DriverErrorClass } from '../domain/errors/driver-error.js';
import type { ObservedDomain } from '../domain/ports/compute-driver.js';
import type { RoundOfVms } from '../domain/reservation/unbooted.js';
import type { Mark } from '../domain/vi/mark.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { deriveGone, deriveVmChange, findBefore, isAt } from '../domain/vi/vi-change.js';
import { collectFailures, type Failures } from './failures.js';
import { makeWay } from './make-way.js';
import type { SiteContext } from './site-context.js';

export interface BuildWork {
  vi: PlacedVi;
  /** Versions before, parts of which may still stand. */
  replaced: readonly PlacedVi[];
  instance: string;
}

/** What stands of the VI where it is placed: seen with one question per node, so that a periodic round is cheap. */
async function observeVi({ compute }: SiteContext, vi: PlacedVi, failures?: Failures): Promise<ObservedDomain[]> {
  const nodes = [...new Set(vi.vms.map((vm) => vm.node))];
  const seen: ObservedDomain[] = [];
  await Promise.all(
    nodes.map(async (node) => {
      const look = async (): Promise<unknown> => seen.push(...(await compute.observe(node)));
      // A node that cannot be looked at shows nothing; its VMs are then ensured one by one, and that fails with the reason.
      await (failures === undefined ? look().catch(() => {}) : failures.attempt(look));
    }),
  );
  return seen.filter(({ mark }) => mark.connectionId === vi.connectionId);
}

/** As it should be already, whichever version it was defined by. */
const stands = ({ state, shutDownByGuest }: ObservedDomain): boolean => state === 'running' || shutDownByGuest;

/** A guest that shut itself down has no port on the switch, and none is waited for. */
function withoutSleepers(vi: PlacedVi, domains: readonly ObservedDomain[]): PlacedVi {
  const asleep = domains.filter(({ shutDownByGuest }) => shutDownByGuest);
  const isAsleep = (vm: PlacedVi['vms'][number]) => asleep.some(({ vmName, node }) => isAt(vm, { name: vmName, node }));
  return asleep.length === 0 ? vi : { ...vi, vms: vi.vms.filter((vm) => !isAsleep(vm)) };
}

export interface BuildOutcome extends RoundOfVms {
  running: ObservedDomain[];
}

const without = (vi: PlacedVi, names: ReadonlySet<string>): PlacedVi =>
  names.size === 0 ? vi : { ...vi, vms: vi.vms.filter(({ name }) => !names.has(name)) };

/**
 * VMs defined and paused → flows stand → VMs run; on each node as far as it goes. `wasUp`: the last round left it whole. `unbooted`: VMs
 * that have never run; while one of them does not exist, the network does without it.
 */
export async function ensureUp(
  context: SiteContext,
  work: BuildWork & { wasUp: boolean; unbooted: ReadonlySet<string> },
  failures: Failures,
): Promise<BuildOutcome> {
  const { site, compute, network } = context;
  const { vi, replaced, instance, wasUp, unbooted } = work;
  const isChanged = replaced.length > 0;
  const seen = wasUp || isChanged ? await observeVi(context, vi, isChanged ? failures : undefined) : [];
  const removed = isChanged ? await makeWay(context, work, seen, failures) : [];
  const standing = wasUp ? seen.filter(stands) : [];

  const mark: Mark = { instance, connectionId: vi.connectionId, version: vi.version };
  const mtu = network.segmentMtu(vi);
  const missing = vi.vms.filter(
    (vm) => removed.includes(vm) || !standing.some((domain) => isAt(vm, { name: domain.vmName, node: domain.node })),
  );
  const ensured: ObservedDomain[] = [];
  const failed = new Map<string, DriverErrorClass>();
  await Promise.all(
    missing.map(async (vm) => {
      const own = collectFailures();
      await own.attempt(async () => void ensured.push(await compute.ensure({ mark, vm, bridge: site.bridge, mtu })));
      for (const { errorClass } of own.all) failed.set(vm.name, errorClass);
      failures.note(own.all);
    }),
  );
  const absent = new Set([...failed.keys()].filter((name) => unbooted.has(name)));
  const unlinked = collectFailures();
  await unlinked.attempt(() => network.ensure(without(withoutSleepers(vi, [...standing, ...ensured]), absent)));
  failures.note(unlinked.all);
  for (const { node, vmName } of ensured) if (unlinked.hasNode(node)) failed.set(vmName, 'transient');

  const running = standing.filter(({ state }) => state === 'running');
  const ran = new Set(standing.map(({ vmName }) => vmName));
  await Promise.all(
    ensured
      .filter(({ node }) => !unlinked.hasNode(node))
      .map(async (domain) => {
        ran.add(domain.vmName);
        const runs = await failures.attempt(() => compute.run(domain.node, mark, domain.vmName));
        if (runs && !domain.shutDownByGuest) running.push(domain);
      }),
  );
  return { running, ran, failed };
}

/** Flows, ports and tunnels → VMs. */
export async function ensureDown(
  { compute, network }: SiteContext,
  { vi, replaced, instance, disk }: BuildWork & { disk: 'keep' | 'erase' },
  failures: Failures,
): Promise<void> {
  await failures.attempt(() => network.remove(vi));
  const mark = { instance, connectionId: vi.connectionId };
  const isOutdated = (vm: PlacedVi['vms'][number]): boolean => {
    const before = findBefore(vm, undefined, vi, replaced);
    return before !== undefined && deriveVmChange(before, vm) === 'remake';
  };
  await Promise.all([
    ...vi.vms.map((vm) =>
      failures.attempt(() => compute.remove(vm.node, mark, vm.name, isOutdated(vm) ? 'erase' : disk)),
    ),
    ...deriveGone(vi, replaced).map((vm) => failures.attempt(() => compute.remove(vm.node, mark, vm.name, 'erase'))),
  ]);
}

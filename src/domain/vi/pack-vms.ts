/**
 * Which VM stands on which node: a depth-first search over free capacity with anti-affinity, deterministic. Pure.
 *
 * Exact within its bounds: VMs that stay where they are, then large ones first, nodes in the order of the policy, nodes that are alike tried once, and states that failed before
 * not entered again. It gives up after `mostSteps` attempts to put a VM on a node (two policies are tried, each with that many) and says
 * so; a search that ends before has proved that there is no placement.
 */
import type { NodeCapacity } from '../reservation/reservation.js';

export type PlacementPolicy = 'spread' | 'pack';

export interface VmToPack {
  name: string;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
  antiAffinity?: string;
  /** Where it stands already, and stays. */
  pinnedTo?: string;
  /** Nodes that have no place for it. */
  avoid?: ReadonlySet<string>;
}

export interface NodeToPack {
  node: string;
  total: NodeCapacity;
  free: NodeCapacity;
  /** Only what stands there already and stays has a place on it. */
  cordoned?: boolean;
}

export type PackResult =
  | { outcome: 'placed'; nodeOf: Map<string, string> }
  | { outcome: 'impossible' }
  /** Neither found nor excluded within the bounds. */
  | { outcome: 'gaveUp' };

const mostSteps = 50_000;

const dimensions = ['cpus', 'memoryMiB', 'diskGiB'] as const;

/** What the search changes while it goes down and puts back while it comes up. */
interface Bin {
  node: string;
  total: NodeCapacity;
  free: Record<(typeof dimensions)[number], number>;
  groups: Set<string>;
  vms: number;
  cordoned: boolean;
  /** Names of the VMs that it has no place for: such nodes are like no other. */
  avoidedBy: string;
}

const fits = (vm: VmToPack, bin: Bin): boolean =>
  dimensions.every((d) => vm[d] <= bin.free[d]) && (vm.antiAffinity === undefined || !bin.groups.has(vm.antiAffinity));

/** The fullest dimension of the node with the VM on it, 0 – 1. */
const loadWith = (vm: VmToPack, bin: Bin): number =>
  Math.max(...dimensions.map((d) => (bin.total[d] === 0 ? 0 : 1 - (bin.free[d] - vm[d]) / bin.total[d])));

/** Nodes with the same key are the same to every VM that is still to come. */
const binKey = (bin: Bin): string =>
  `${dimensions.map((d) => `${bin.free[d]}/${bin.total[d]}`).join(' ')} ${[...bin.groups].sort().join(',')} ${bin.avoidedBy}`;

function move(vm: VmToPack, bin: Bin, direction: 1 | -1): void {
  for (const d of dimensions) bin.free[d] -= direction * vm[d];
  bin.vms += direction;
  if (vm.antiAffinity === undefined) return;
  if (direction === 1) bin.groups.add(vm.antiAffinity);
  else bin.groups.delete(vm.antiAffinity);
}

/** The share of the whole site that a VM takes in its greediest dimension. */
function deriveSize(vm: VmToPack, bins: readonly Bin[]): number {
  return Math.max(
    ...dimensions.map((d) => {
      const free = bins.reduce((sum, bin) => sum + Math.max(0, bin.free[d]), 0);
      return free === 0 ? vm[d] : vm[d] / free;
    }),
  );
}

/** Those that must stand apart, then the large: what is hard to place comes first. Ties in the order of the request. */
function orderVms(vms: readonly VmToPack[], bins: readonly Bin[]): VmToPack[] {
  const size = new Map(vms.map((vm) => [vm, deriveSize(vm, bins)]));
  const apart = (vm: VmToPack): number => (vm.antiAffinity === undefined ? 1 : 0);
  return [...vms].sort((a, b) => size.get(b)! - size.get(a)! || apart(a) - apart(b));
}

function candidates(vm: VmToPack, bins: readonly Bin[], policy: PlacementPolicy): Bin[] {
  const alike = new Set<string>();
  const different = bins.filter((bin) => {
    if (bin.cordoned || vm.avoid?.has(bin.node) || !fits(vm, bin)) return false;
    const key = binKey(bin);
    return alike.size !== alike.add(key).size;
  });
  const load = new Map(different.map((bin) => [bin, loadWith(vm, bin)]));
  const sign = policy === 'spread' ? 1 : -1;
  return different.sort((a, b) => sign * (load.get(a)! - load.get(b)!) || sign * (a.vms - b.vms));
}

const exceedsSum = (vms: readonly VmToPack[], bins: readonly Bin[]): boolean =>
  dimensions.some(
    (d) => vms.reduce((sum, vm) => sum + vm[d], 0) > bins.reduce((sum, bin) => sum + Math.max(0, bin.free[d]), 0),
  );

/** Puts those that stay where they are; false if one of them cannot. */
function stand(vms: readonly VmToPack[], bins: readonly Bin[], nodeOf: Map<string, string>): boolean {
  for (const vm of vms) {
    if (vm.pinnedTo === undefined) continue;
    const bin = bins.find(({ node }) => node === vm.pinnedTo);
    if (bin === undefined || !fits(vm, bin)) return false;
    move(vm, bin, 1);
    nodeOf.set(vm.name, bin.node);
  }
  return true;
}

function search(vms: readonly VmToPack[], nodes: readonly NodeToPack[], policy: PlacementPolicy): PackResult {
  const bins = nodes.map(
    ({ node, total, free, cordoned = false }): Bin => ({
      node,
      total,
      free: { cpus: free.cpus, memoryMiB: free.memoryMiB, diskGiB: free.diskGiB },
      groups: new Set(),
      vms: 0,
      cordoned,
      avoidedBy: vms.flatMap(({ name, avoid }) => (avoid?.has(node) ? [name] : [])).join(),
    }),
  );
  if (exceedsSum(vms, bins)) return { outcome: 'impossible' };
  const nodeOf = new Map<string, string>();
  if (!stand(vms, bins, nodeOf)) return { outcome: 'impossible' };
  const ordered = orderVms(
    vms.filter((vm) => vm.pinnedTo === undefined),
    bins,
  );
  const failed = new Set<string>();
  let steps = 0;

  /** Untouched nodes are the same in all states of one depth, so the touched ones, whatever their names, tell states apart. */
  const stateKey = (depth: number): string =>
    `${depth}|${bins
      .filter((bin) => bin.vms > 0)
      .map((bin) => binKey(bin))
      .sort()
      .join('|')}`;

  function descend(depth: number): boolean {
    const vm = ordered[depth];
    if (vm === undefined) return true;
    const key = stateKey(depth);
    if (failed.has(key)) return false;
    for (const bin of candidates(vm, bins, policy)) {
      if (steps >= mostSteps) return false;
      steps += 1;
      move(vm, bin, 1);
      nodeOf.set(vm.name, bin.node);
      if (descend(depth + 1)) return true;
      move(vm, bin, -1);
    }
    if (steps < mostSteps) failed.add(key);
    return false;
  }

  if (descend(0)) return { outcome: 'placed', nodeOf };
  return { outcome: steps < mostSteps ? 'impossible' : 'gaveUp' };
}

export function packVms(vms: readonly VmToPack[], nodes: readonly NodeToPack[], policy: PlacementPolicy): PackResult {
  const result = search(vms, nodes, policy);
  // Where spreading runs out of steps, packing fills gaps sooner; and the other way round.
  return result.outcome === 'gaveUp' ? search(vms, nodes, policy === 'spread' ? 'pack' : 'spread') : result;
}

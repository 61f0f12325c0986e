/** Why VMs cannot be placed, as an error that names what is short. */
import { IrisError } from '../errors/iris-error.js';
import type { NodeToPack, VmToPack } from './pack-vms.js';

const dimensions = ['cpus', 'memoryMiB', 'diskGiB'] as const;

const sumOf = (vms: readonly VmToPack[], d: (typeof dimensions)[number]): number =>
  vms.reduce((sum, vm) => sum + vm[d], 0);

/** The node that is too small for what stands there and stays. */
function noRoomToStay(vms: readonly VmToPack[], nodes: readonly NodeToPack[]): IrisError | undefined {
  for (const { node, free } of nodes) {
    const staying = vms.filter((vm) => vm.pinnedTo === node);
    const short = dimensions.find((d) => sumOf(staying, d) > free[d]);
    if (staying.length > 0 && short !== undefined)
      return new IrisError('capacityUnavailable', {
        what: `VMs that stay on node ${node} need ${sumOf(staying, short)} ${short} there, ${Math.max(0, free[short])} are free`,
        variables: {
          node,
          resource: short,
          needed: String(sumOf(staying, short)),
          free: String(Math.max(0, free[short])),
          vm: staying.map(({ name }) => name).join(','),
        },
      });
  }
  return undefined;
}

const openNodes = (nodes: readonly NodeToPack[]): NodeToPack[] => nodes.filter(({ cordoned }) => cordoned !== true);

function noRoomInAll(all: readonly VmToPack[], nodes: readonly NodeToPack[]): IrisError | undefined {
  const open = openNodes(nodes);
  // What stays on a cordoned node is not looked for elsewhere.
  const vms = all.filter((vm) => vm.pinnedTo === undefined || open.some(({ node }) => node === vm.pinnedTo));
  const free = (d: (typeof dimensions)[number]): number =>
    open.reduce((sum, node) => sum + Math.max(0, node.free[d]), 0);
  const short = dimensions.find((d) => sumOf(vms, d) > free(d));
  return (
    short &&
    new IrisError('capacityUnavailable', {
      what: `${sumOf(vms, short)} ${short} are needed, ${free(short)} are free on all nodes together`,
      variables: { resource: short, needed: String(sumOf(vms, short)), free: String(free(short)) },
    })
  );
}

function noRoomForOne(vms: readonly VmToPack[], nodes: readonly NodeToPack[]): IrisError | undefined {
  const tooLarge = vms.find(
    (vm) =>
      vm.pinnedTo === undefined && !openNodes(nodes).some(({ free }) => dimensions.every((d) => vm[d] <= free[d])),
  );
  return (
    tooLarge &&
    new IrisError('capacityUnavailable', {
      what: `no node has room for VM '${tooLarge.name}' (${tooLarge.cpus} CPUs, ${tooLarge.memoryMiB} MiB memory, ${tooLarge.diskGiB} GiB disk)`,
      variables: { vm: tooLarge.name },
    })
  );
}

export function noRoom(vms: readonly VmToPack[], nodes: readonly NodeToPack[], gaveUp: boolean): IrisError {
  return (
    noRoomToStay(vms, nodes) ??
    noRoomInAll(vms, nodes) ??
    noRoomForOne(vms, nodes) ??
    new IrisError('capacityUnavailable', {
      what: gaveUp
        ? 'no placement of the VMs was found within the bounds of the search'
        : 'the VMs do not fit together on the nodes, although there would be room for each alone',
      variables: { vms: String(vms.length), search: gaveUp ? 'gaveUp' : 'exhausted' },
    })
  );
}

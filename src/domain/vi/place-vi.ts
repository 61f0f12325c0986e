/** Placement: from criteria and free capacity to a PlacedVi with every choice made. Pure and deterministic; holds nothing. */
import { IrisError } from '../errors/iris-error.js';
import type { NodeCapacity } from '../reservation/reservation.js';
import type { Site } from '../site/site-file.js';
import type { Criteria, VmSpec } from './criteria.js';
import { deriveMac, derivePortName } from './derive-names.js';
import { type NodeToPack, packVms, type VmToPack } from './pack-vms.js';
import type { PlacedNic, PlacedVi } from './placed-vi.js';
import { deriveVmNames } from './vm-names.js';

export interface PlacementRequest {
  connectionId: string;
  version: number;
  tenant: string;
  viNumber: number;
  criteria: Criteria;
}

/** Capacity as the site file has it: a node without compute has none and is not listed. */
export const deriveNodeCapacities = (site: Site): NodeCapacity[] =>
  site.nodes.flatMap(({ name, compute }) =>
    compute === undefined
      ? []
      : [{ node: name, cpus: compute.cpus, memoryMiB: compute.memoryMiB, diskGiB: compute.diskGiB }],
  );

/** What is left of every node where `peak` is the most that is allocated at any instant of the interval. */
export function deriveFree(totals: readonly NodeCapacity[], peak: readonly NodeCapacity[]): NodeToPack[] {
  const peakOf = new Map(peak.map((load) => [load.node, load]));
  return totals.map((total) => {
    const load = peakOf.get(total.node) ?? { cpus: 0, memoryMiB: 0, diskGiB: 0 };
    return {
      node: total.node,
      total,
      free: {
        node: total.node,
        cpus: total.cpus - load.cpus,
        memoryMiB: total.memoryMiB - load.memoryMiB,
        diskGiB: total.diskGiB - load.diskGiB,
      },
    };
  });
}

type NamedVm = Omit<VmSpec, 'count'>;

const toNamedVms = (criteria: Criteria): NamedVm[] =>
  criteria.vms.flatMap(({ count, ...vm }) => deriveVmNames({ name: vm.name, count }).map((name) => ({ ...vm, name })));

const toVmToPack = ({ name, cpus, memoryMiB, diskGiB, antiAffinity }: NamedVm): VmToPack => ({
  name,
  cpus,
  memoryMiB,
  diskGiB,
  ...(antiAffinity === undefined ? {} : { antiAffinity }),
});

const sumOf = (vms: readonly VmToPack[], d: 'cpus' | 'memoryMiB' | 'diskGiB'): number =>
  vms.reduce((sum, vm) => sum + vm[d], 0);

function noRoom(vms: readonly VmToPack[], nodes: readonly NodeToPack[], gaveUp: boolean): IrisError {
  const free = (d: 'cpus' | 'memoryMiB' | 'diskGiB'): number =>
    nodes.reduce((sum, node) => sum + Math.max(0, node.free[d]), 0);
  const short = (['cpus', 'memoryMiB', 'diskGiB'] as const).find((d) => sumOf(vms, d) > free(d));
  const tooLarge = vms.find(
    (vm) => !nodes.some(({ free: f }) => (['cpus', 'memoryMiB', 'diskGiB'] as const).every((d) => vm[d] <= f[d])),
  );
  if (short !== undefined)
    return new IrisError('capacityUnavailable', {
      what: `${sumOf(vms, short)} ${short} are needed, ${free(short)} are free on all nodes together`,
      variables: { resource: short, needed: String(sumOf(vms, short)), free: String(free(short)) },
    });
  if (tooLarge !== undefined)
    return new IrisError('capacityUnavailable', {
      what: `no node has room for VM '${tooLarge.name}' (${tooLarge.cpus} CPUs, ${tooLarge.memoryMiB} MiB memory, ${tooLarge.diskGiB} GiB disk)`,
      variables: { vm: tooLarge.name },
    });
  return new IrisError('capacityUnavailable', {
    what: gaveUp
      ? 'no placement of the VMs was found within the bounds of the search'
      : 'the VMs do not fit together on the nodes, although there would be room for each alone',
    variables: { vms: String(vms.length), search: gaveUp ? 'gaveUp' : 'exhausted' },
  });
}

/** The gateway of the first external port, which its frames pass anyway; else the first of the site file, which is the one `getSite` lists first. */
function chooseGateway(criteria: Criteria, site: Site): string | undefined {
  if (criteria.externalPorts.length === 0 && criteria.peers.length === 0) return undefined;
  const [port] = criteria.externalPorts;
  const gateway =
    port === undefined
      ? site.nodes.find((node) => node.gateway !== undefined)?.name
      : site.externalPorts.find((known) => known.name === port.name)?.node;
  if (gateway === undefined)
    throw new IrisError('noPath', { what: 'this site has no gateway', variables: { site: site.site } });
  return gateway;
}

function placeNics(vms: readonly NamedVm[], request: PlacementRequest): Map<string, PlacedNic[]> {
  const taken = new Set([
    ...vms.flatMap((vm) => vm.nics.flatMap((nic) => (nic.mac === undefined ? [] : [nic.mac]))),
    ...request.criteria.hosts.map((host) => host.mac),
  ]);
  let nicNumber = 0;
  return new Map(
    vms.map((vm) => [
      vm.name,
      vm.nics.map((nic, index): PlacedNic => {
        const mac = nic.mac ?? deriveMac(request.connectionId, vm.name, index, taken);
        taken.add(mac);
        return { ...nic, mac, portName: derivePortName(request.viNumber, nicNumber++) };
      }),
    ]),
  );
}

/** `nodes`: what is free on each over the whole interval. Throws IrisError: capacityUnavailable, noPath. */
export function placeVi(request: PlacementRequest, site: Site, nodes: readonly NodeToPack[]): PlacedVi {
  const { criteria } = request;
  const vms = toNamedVms(criteria);
  const toPack = vms.map(toVmToPack);
  const packed = packVms(toPack, nodes, site.reservations.placement);
  if (packed.outcome !== 'placed') throw noRoom(toPack, nodes, packed.outcome === 'gaveUp');

  const nics = placeNics(vms, request);
  const gateway = chooseGateway(criteria, site);
  return {
    connectionId: request.connectionId,
    version: request.version,
    tenant: request.tenant,
    viNumber: request.viNumber,
    segment: { ...criteria.segment },
    vms: vms.map(({ nics: _asked, antiAffinity: _group, ...vm }) => ({
      ...vm,
      node: packed.nodeOf.get(vm.name)!,
      nics: nics.get(vm.name)!,
    })),
    externalPorts: criteria.externalPorts.map(({ name, vlans }) => ({
      name,
      vlans: [...vlans],
      node: site.externalPorts.find((port) => port.name === name)!.node,
    })),
    ...(gateway === undefined ? {} : { gateway }),
    peers: criteria.peers,
    hosts: criteria.hosts,
  };
}

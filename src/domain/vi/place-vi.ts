/** Placement: from criteria and free capacity to a PlacedVi with every choice made. Pure and deterministic; holds nothing. */
import { IrisError } from '../errors/iris-error.js';
import type { NodeCapacity, NodeLoad } from '../reservation/reservation.js';
import type { Site } from '../site/site-file.js';
import type { Criteria, NicSpec, VmSpec } from './criteria.js';
import { deriveMac, derivePortName } from './derive-names.js';
import { type Before, derivePins, findNicBefore, listPortNames } from './keep-vms.js';
import { noRoom } from './no-room.js';
import { type NodeToPack, type PackResult, packVms, type VmToPack } from './pack-vms.js';
import type { PlacedNic, PlacedVi } from './placed-vi.js';
import { deriveVmNames } from './vm-names.js';

export interface PlacementRequest {
  connectionId: string;
  version: number;
  tenant: string;
  viNumber: number;
  criteria: Criteria;
  /** Absent on a first request. */
  before?: Before;
}

/** What is left of every node where `peak` is the most that is allocated at any instant of the interval. */
export function deriveFree(totals: readonly NodeCapacity[], peak: readonly NodeLoad[]): NodeToPack[] {
  const peakOf = new Map(peak.map((load) => [load.node, load]));
  return totals.map((total) => {
    const load = peakOf.get(total.node) ?? { cpus: 0, memoryMiB: 0, diskGiB: 0, cordoned: false };
    return {
      node: total.node,
      total,
      free: {
        node: total.node,
        cpus: total.cpus - load.cpus,
        memoryMiB: total.memoryMiB - load.memoryMiB,
        diskGiB: total.diskGiB - load.diskGiB,
      },
      ...(load.cordoned === true ? { cordoned: true } : {}),
    };
  });
}

type NamedVm = Omit<VmSpec, 'count'>;

const toNamedVms = ({ criteria, before }: PlacementRequest): NamedVm[] =>
  criteria.vms.flatMap(({ count, ...vm }) =>
    deriveVmNames({ name: vm.name, count }, before?.names).map((name) => ({ ...vm, name })),
  );

const toVmToPack = (
  { name, cpus, memoryMiB, diskGiB, antiAffinity }: NamedVm,
  pinnedTo?: string,
  avoid?: ReadonlySet<string>,
): VmToPack => ({
  name,
  cpus,
  memoryMiB,
  diskGiB,
  ...(antiAffinity === undefined ? {} : { antiAffinity }),
  ...(pinnedTo === undefined ? {} : { pinnedTo }),
  ...(avoid === undefined ? {} : { avoid }),
});

/**
 * The one that other sites know already. Else the gateway of the first external port, which its frames pass anyway; else the first of the
 * site file, which is the one `getSite` lists first.
 */
function chooseGateway({ criteria, before }: PlacementRequest, site: Site): string | undefined {
  if (criteria.externalPorts.length === 0 && criteria.peers.length === 0) return undefined;
  if (before?.inForce.gateway !== undefined) return before.inForce.gateway;
  const [port] = criteria.externalPorts;
  const gateway =
    port === undefined
      ? site.nodes.find((node) => node.gateway !== undefined)?.name
      : site.externalPorts.find((known) => known.name === port.name)?.node;
  if (gateway === undefined)
    throw new IrisError('noPath', { what: 'this site has no gateway', variables: { site: site.site } });
  return gateway;
}

/** Names that nothing of this VI bears or may still bear. */
function createPortNames(viNumber: number, before: Before | undefined): () => string {
  const taken = new Set(listPortNames(before));
  let nicNumber = 0;
  return () => {
    for (;;) {
      const name = derivePortName(viNumber, nicNumber++);
      if (!taken.has(name)) return name;
    }
  };
}

function placeNics(vms: readonly NamedVm[], request: PlacementRequest): Map<string, PlacedNic[]> {
  const { connectionId, viNumber, criteria, before } = request;
  const listed = [
    ...vms.flatMap((vm) => vm.nics.flatMap((nic) => (nic.mac === undefined ? [] : [nic.mac]))),
    ...criteria.hosts.map((host) => host.mac),
  ];
  const taken = new Set(listed);
  const nextPortName = createPortNames(viNumber, before);
  const keptMac = (mac: string | undefined): string | undefined =>
    mac === undefined || taken.has(mac) ? undefined : mac;
  const place = (vm: NamedVm, nic: NicSpec, index: number): PlacedNic => {
    const known = findNicBefore(before, vm.name, index);
    const mac = nic.mac ?? keptMac(known?.mac) ?? deriveMac(connectionId, vm.name, index, taken);
    taken.add(mac);
    return { ...nic, mac, portName: known?.portName ?? nextPortName() };
  };
  return new Map(vms.map((vm) => [vm.name, vm.nics.map((nic, index) => place(vm, nic, index))]));
}

interface Packing {
  toPack: VmToPack[];
  packed: PackResult;
}

function pack(
  vms: readonly NamedVm[],
  pins: ReadonlyMap<string, string>,
  site: Site,
  nodes: readonly NodeToPack[],
  avoid?: Before['avoid'],
): Packing {
  const toPack = vms.map((vm) => toVmToPack(vm, pins.get(vm.name), avoid?.get(vm.name)));
  return { toPack, packed: packVms(toPack, nodes, site.reservations.placement) };
}

/** What was never built stays where it is planned if it can, but leaves a cordoned node if it can, and is planned anew if neither can be. */
function packAround(
  vms: readonly NamedVm[],
  before: Before | undefined,
  site: Site,
  nodes: readonly NodeToPack[],
): Packing {
  if (before === undefined) return pack(vms, new Map(), site, nodes);
  const pins = derivePins(vms, before);
  if (before.wasBuilt) return pack(vms, pins, site, nodes, before.avoid);
  const cordoned = new Set(nodes.filter((node) => node.cordoned).map(({ node }) => node));
  const leaving = new Map([...pins].filter(([, node]) => !cordoned.has(node)));
  const attempts = [leaving, ...(cordoned.size > 0 ? [pins] : []), new Map<string, string>()];
  let packing: Packing;
  do packing = pack(vms, attempts.shift()!, site, nodes);
  while (packing.packed.outcome !== 'placed' && attempts.length > 0);
  return packing;
}

/** `nodes`: what is free on each over the whole interval. Throws IrisError: capacityUnavailable, noPath. */
export function placeVi(request: PlacementRequest, site: Site, nodes: readonly NodeToPack[]): PlacedVi {
  const { criteria } = request;
  const vms = toNamedVms(request);
  const { toPack, packed } = packAround(vms, request.before, site, nodes);
  if (packed.outcome !== 'placed') throw noRoom(toPack, nodes, packed.outcome === 'gaveUp');

  const nics = placeNics(vms, request);
  const gateway = chooseGateway(request, site);
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

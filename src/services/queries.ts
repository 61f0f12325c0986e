/** Questions: nothing is held or changed, and none needs an identity of its own. */
import { IrisError } from '../domain/errors/iris-error.js';
import type {
  AvailabilityView,
  ListRequest,
  NodeView,
  PlanView,
  ReservationView,
  ReserveRequest,
  SiteView,
} from '../domain/ports/provider.js';
import type { CallContext } from '../domain/ports/store.js';
import type { Reservation, TakenLabels } from '../domain/reservation/reservation.js';
import { deriveNodeCapacities, deriveOffer } from '../domain/site/node-capacity.js';
import { deriveFree } from '../domain/vi/place-vi.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';
import { withoutUserData } from '../domain/vi/without-user-data.js';
import { undefinedAfter } from '../lib/undefined-after.js';
import { deriveTenant, deriveVisibleTenant, ensureVisible } from './access.js';
import { withoutSecrets } from './answer.js';
import type { NodeFacts } from './node-facts.js';
import { checkRequest, deriveInterval, placeOver } from './reserve.js';
import type { SiteContext } from './site-context.js';
import { observeVmStates } from './vm-states.js';

const registryWithinMs = 250;

export async function getReservation(
  { store, network, compute }: SiteContext,
  call: CallContext,
  connectionId: string,
): Promise<ReservationView> {
  // A driver that is busy with its switches keeps nobody waiting: what is stored is a moment older.
  const learning = undefinedAfter(registryWithinMs, network.registry(connectionId));
  const reservation = ensureVisible(await store.findReservation(connectionId), connectionId, call.requester);
  const learnt = await learning;
  const { committed, held, states } = reservation;
  const placed = (committed ?? held)?.placed;
  return {
    reservation: withoutSecrets(reservation),
    registry: learnt !== undefined && learnt.length > 0 ? learnt : await store.loadRegistry(connectionId),
    ...(placed === undefined ? {} : { segmentMtu: network.segmentMtu(placed) }),
    vmStates: states.dataPlane.active && committed ? await observeVmStates(compute, committed.placed) : [],
    history: await store.history(connectionId),
  };
}

export async function listReservations(
  { store, site }: SiteContext,
  call: CallContext,
  { page, tenant: asked, ...filter }: ListRequest,
): Promise<{ reservations: Reservation[]; next?: string }> {
  const tenant = deriveVisibleTenant(call.requester, asked, site);
  const found = await store.listReservations({ ...filter, ...(tenant === undefined ? {} : { tenant }) }, page);
  return { ...found, reservations: found.reservations.map(withoutSecrets) };
}

const nothing = { cpus: 0, memoryMiB: 0, diskGiB: 0 };

export async function getSite(
  { site, compute, store, lease }: SiteContext,
  facts: NodeFacts,
  version: string,
): Promise<SiteView> {
  const cordoned = new Set((await store.listCordons()).map(({ node }) => node));
  const nodes = await Promise.all(
    site.nodes.map(async (node): Promise<NodeView> => {
      const known = node.compute === undefined ? undefined : await facts(node.name);
      const master = lease?.masterOf(node.name);
      return {
        node: node.name,
        ...(node.compute === undefined ? nothing : deriveOffer(node.compute)),
        gateway: node.gateway !== undefined,
        cordoned: cordoned.has(node.name),
        ...(known === undefined ? {} : { accelerator: known.accelerator, nested: known.nested }),
        ...(master === undefined ? {} : { master }),
      };
    }),
  );
  return {
    site: site.site,
    version,
    nodes,
    gateways: site.nodes.flatMap(({ name, gateway }) =>
      gateway === undefined ? [] : [{ node: name, address: gateway.address }],
    ),
    externalPorts: site.externalPorts.map(({ name, node, vlans, mtu }) => ({ name, node, vlans, mtu })),
    images: compute.capabilities().images,
    encapsulations: site.segments.encapsulations,
    peers: site.peers.map(({ site: name, gateways }) => ({ site: name, gateways })),
    segmentKeys: { from: site.segments.keyFrom, to: site.segments.keyTo },
  };
}

export async function getAvailability(
  { site, store }: SiteContext,
  from: Date | undefined,
  to: Date | undefined,
): Promise<AvailabilityView> {
  return store.transaction(async (transaction) => {
    const { start, end } = deriveInterval(
      { ...(from === undefined ? {} : { start: from }), ...(to === undefined ? {} : { end: to }) },
      await transaction.now(),
    );
    if (end !== undefined && end <= start)
      throw new IrisError('payload', {
        what: 'the interval ends before it starts, or has ended already',
        variables: { from: start.toISOString(), to: end.toISOString() },
      });
    const peak = await transaction.peakLoad(start, end);
    const taken = await transaction.takenLabels(start, end);
    return {
      from: start,
      ...(end === undefined ? {} : { to: end }),
      nodes: deriveFree(deriveNodeCapacities(site), peak).map(({ node, total, free, cordoned }) => ({
        node,
        total,
        free: cordoned === true ? { node, ...nothing } : free,
      })),
      takenSegmentKeys: [...new Set(taken.segments.map((segment) => segment.key))].sort((a, b) => a - b),
      takenExternalPortVlans: taken.externalPortVlans,
    };
  });
}

/** Stands for what only a real reserve is given. */
const planned = { connectionId: '00000000-0000-0000-0000-000000000000', viNumber: 0xffffffff, version: 1 };

function ensureLabelsFree(placed: PlacedVi, taken: TakenLabels): void {
  const { key, encapsulation } = placed.segment;
  if (taken.segments.some((segment) => segment.key === key && segment.encapsulation === encapsulation))
    throw new IrisError('stpUnavailable', {
      what: `segment key ${key} (${encapsulation}) is taken in this time`,
      variables: { segmentKey: String(key), encapsulation },
    });
  for (const { name, vlan } of taken.externalPortVlans)
    if (placed.externalPorts.some((port) => port.name === name && port.vlans.includes(vlan)))
      throw new IrisError('stpUnavailable', {
        what: `VLAN ${vlan} of external port '${name}' is taken in this time`,
        variables: { externalPort: name, vlan: String(vlan) },
      });
}

export async function planReservation(
  context: SiteContext,
  call: CallContext,
  request: ReserveRequest,
): Promise<PlanView> {
  const { site, store, compute, network } = context;
  const { criteria } = request;
  const tenant = deriveTenant(call.requester, request.tenant, site);
  const placed = await store.transaction(async (transaction) => {
    const now = await transaction.now();
    checkRequest(context, criteria, tenant, now);
    const interval = deriveInterval(criteria.schedule, now);
    const vi = await placeOver(context, transaction, { ...planned, tenant, criteria }, interval);
    ensureLabelsFree(vi, await transaction.takenLabels(interval.start, interval.end));
    return vi;
  });
  const mark = { instance: await store.instance(), connectionId: planned.connectionId, version: planned.version };
  const mtu = network.segmentMtu(placed);
  const shown = placed.vms.map(withoutUserData);
  return {
    placement: shown.map((vm) => ({ vm: vm.name, node: vm.node })),
    domains: shown.map((vm) => ({
      node: vm.node,
      vm: vm.name,
      xml: compute.describe({ mark, vm, bridge: site.bridge, mtu }),
    })),
    network: await network.plan(placed),
    segmentMtu: mtu,
  };
}

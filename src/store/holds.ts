/**
 * What a version sets aside over its interval: capacity on nodes, its segment key, VLANs of external ports, MACs. The database
 * refuses what is taken; here that becomes an error with the names of what it was.
 */
import { type EntityManager, In, type QueryDeepPartialEntity } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import type { ReservationVersion } from '../domain/reservation/reservation.js';
import type { PlacedVm } from '../domain/vi/placed-vi.js';
import {
  isUnknownNode,
  toCapacityUnavailable,
  toCordonedNodes,
  toShortages,
  toTakenLabelConstraint,
} from './database-errors.js';
import { ExternalPortAllocationRow } from './entities/external-port-allocation.js';
import { MacAllocationRow } from './entities/mac-allocation.js';
import { NodeAllocationRow } from './entities/node-allocation.js';
import { ReservationVersionRow } from './entities/reservation-version.js';
import { SegmentAllocationRow } from './entities/segment-allocation.js';
import { VmRow } from './entities/vm.js';
import { toPeriod } from './period.js';

/** Dropped in this order; held in the other, labels before nodes, so that two holds never wait for each other. */
const allocationTables = [
  NodeAllocationRow,
  MacAllocationRow,
  ExternalPortAllocationRow,
  SegmentAllocationRow,
] as const;

interface Held {
  connectionId: string;
  version: number;
  /** For which it is set aside. */
  period: string;
}

/** What a version needs of each node: the sum of its VMs there. */
function deriveNodeAllocations(held: Held, vms: readonly PlacedVm[]): NodeAllocationRow[] {
  const byNode = new Map<string, NodeAllocationRow>();
  for (const vm of vms) {
    const sum = byNode.get(vm.node) ?? { ...held, node: vm.node, vms: 0, cpus: 0, memoryMiB: 0, diskGiB: 0 };
    sum.vms += 1;
    sum.cpus += vm.cpus;
    sum.memoryMiB += vm.memoryMiB;
    sum.diskGiB += vm.diskGiB;
    byNode.set(vm.node, sum);
  }
  return [...byNode.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
}

interface PortVlan {
  port: string;
  vlan: number;
}

const portVlansOf = ({ placed }: ReservationVersion): PortVlan[] =>
  placed.externalPorts
    .flatMap((port) => [...new Set(port.vlans)].map((vlan) => ({ port: port.name, vlan })))
    .sort((a, b) => (a.port === b.port ? a.vlan - b.vlan : a.port < b.port ? -1 : 1));

const macsOf = ({ placed }: ReservationVersion): string[] =>
  placed.vms.flatMap((vm) => vm.nics.map((nic) => nic.mac)).sort();

/** PostgreSQL takes at most 65,535 parameters in a statement. */
const rowsPerInsert = 4_000;

async function insertRows<Row extends object>(manager: EntityManager, entity: new () => Row, rows: Row[]) {
  for (let from = 0; from < rows.length; from += rowsPerInsert)
    await manager
      .createQueryBuilder()
      .insert()
      .into(entity)
      .values(rows.slice(from, from + rowsPerInsert) as QueryDeepPartialEntity<Row>[])
      .updateEntity(false)
      .execute();
}

async function insertVersion(manager: EntityManager, held: Held, version: ReservationVersion, holdExpires: Date) {
  const { connectionId, version: number } = held;
  await manager
    .createQueryBuilder()
    .insert()
    .into(ReservationVersionRow)
    .values({
      connectionId,
      version: number,
      state: 'held',
      period: toPeriod(version.start, version.end),
      holdExpires,
      criteria: version.criteria as QueryDeepPartialEntity<ReservationVersion['criteria']>,
      placed: version.placed as QueryDeepPartialEntity<ReservationVersion['placed']>,
    })
    // An aborted modification leaves its number to the next one.
    .orUpdate(['state', 'period', 'hold_expires', 'criteria', 'placed'], ['connection_id', 'version'], {
      overwriteCondition: { where: { state: 'dropped' } },
    })
    .updateEntity(false)
    .execute();
  const vms = version.placed.vms.map(({ userData: _secret, ...vm }) => ({ connectionId, version: number, ...vm }));
  await insertRows(manager, VmRow, vms);
}

async function insertAllocations(manager: EntityManager, held: Held, version: ReservationVersion) {
  const { key: segmentKey, encapsulation } = version.placed.segment;
  const segment = { encapsulation, segmentKey };
  await insertRows(manager, SegmentAllocationRow, [{ ...held, ...segment }]);
  await insertRows(
    manager,
    ExternalPortAllocationRow,
    portVlansOf(version).map((portVlan) => ({ ...held, ...portVlan })),
  );
  await insertRows(
    manager,
    MacAllocationRow,
    macsOf(version).map((mac) => ({ ...held, ...segment, mac })),
  );
  await insertRows(manager, NodeAllocationRow, deriveNodeAllocations(held, version.placed.vms));
}

const takenPortVlansSql = `
  SELECT DISTINCT a.port, a.vlan
  FROM unnest($1::text[], $2::integer[]) AS wanted(port, vlan)
  JOIN external_port_allocation a ON a.port = wanted.port AND a.vlan = wanted.vlan
  WHERE a.connection_id <> $3 AND a.period && $4::tstzrange
  ORDER BY a.port, a.vlan`;

async function toPortVlanTaken(manager: EntityManager, held: Held, version: ReservationVersion, cause: unknown) {
  const wanted = portVlansOf(version);
  const taken: PortVlan[] = await manager.query(takenPortVlansSql, [
    wanted.map(({ port }) => port),
    wanted.map(({ vlan }) => vlan),
    held.connectionId,
    held.period,
  ]);
  // Whoever had it may have let go since: then all that were wanted are named.
  const named = taken.length > 0 ? taken : wanted;
  return new IrisError('stpUnavailable', {
    what: named.map(({ port, vlan }) => `VLAN ${vlan} of external port ${port} is taken`).join('; '),
    variables: {
      externalPort: [...new Set(named.map(({ port }) => port))].join(','),
      vlan: [...new Set(named.map(({ vlan }) => vlan))].join(','),
    },
    connectionId: held.connectionId,
    cause,
  });
}

const toSegmentTaken = (_: EntityManager, held: Held, { placed: { segment } }: ReservationVersion, cause: unknown) =>
  new IrisError('stpUnavailable', {
    what: `segment key ${segment.key} (${segment.encapsulation}) is taken`,
    variables: { segmentKey: `${segment.key}`, encapsulation: segment.encapsulation },
    connectionId: held.connectionId,
    cause,
  });

type ToTaken = (
  manager: EntityManager,
  held: Held,
  version: ReservationVersion,
  cause: unknown,
) => IrisError | Promise<IrisError>;

/** A MAC is only ever taken together with the segment that it is in. */
const takenByConstraint: Record<string, ToTaken> = {
  segment_allocation_by_one: toSegmentTaken,
  mac_allocation_by_one: toSegmentTaken,
  external_port_allocation_by_one: toPortVlanTaken,
};

async function toRefusal(manager: EntityManager, held: Held, version: ReservationVersion, error: unknown) {
  const { connectionId } = held;
  const shortages = toShortages(error);
  if (shortages !== undefined) return toCapacityUnavailable(shortages, connectionId, error);
  const cordoned = toCordonedNodes(error);
  if (cordoned !== undefined)
    return new IrisError('capacityUnavailable', {
      what: `node ${cordoned} is cordoned: nothing new is placed there`,
      variables: { node: cordoned },
      connectionId,
      cause: error,
    });
  const toTaken = takenByConstraint[toTakenLabelConstraint(error) ?? ''];
  if (toTaken !== undefined) return toTaken(manager, held, version, error);
  if (isUnknownNode(error))
    return new IrisError('capacityUnavailable', {
      what: 'the VI is placed on a node that the site does not have',
      connectionId,
      cause: error,
    });
  return error;
}

/** All or nothing: what was stored before something was refused is undone, and the transaction can go on. */
export async function holdVersion(
  manager: EntityManager,
  connectionId: string,
  version: ReservationVersion,
  holdExpires: Date,
  setAsideFrom: Date = version.start,
): Promise<void> {
  const held: Held = { connectionId, version: version.version, period: toPeriod(setAsideFrom, version.end) };
  await manager.query('SAVEPOINT hold');
  try {
    await insertVersion(manager, held, version, holdExpires);
    await insertAllocations(manager, held, version);
  } catch (error) {
    await manager.query('ROLLBACK TO SAVEPOINT hold');
    throw await toRefusal(manager, held, version, error);
  }
  await manager.query('RELEASE SAVEPOINT hold');
}

async function deleteAllocations(manager: EntityManager, which: { connectionId: string; version?: number }) {
  for (const table of allocationTables) await manager.delete(table, which);
}

export async function dropVersion(manager: EntityManager, connectionId: string, version: number): Promise<void> {
  await deleteAllocations(manager, { connectionId, version });
  await manager.delete(VmRow, { connectionId, version });
  await manager.update(ReservationVersionRow, { connectionId, version }, { state: 'dropped', holdExpires: null });
}

export async function commitVersion(
  manager: EntityManager,
  connectionId: string,
  version: number,
  beforeBecomes: 'dropped' | 'replaced',
): Promise<void> {
  const before = await manager.findOne(ReservationVersionRow, {
    select: { version: true },
    where: { connectionId, state: 'committed' },
  });
  if (before !== null && beforeBecomes === 'dropped') await dropVersion(manager, connectionId, before.version);
  else if (before !== null)
    await manager.update(ReservationVersionRow, { connectionId, version: before.version }, { state: beforeBecomes });
  const { affected } = await manager.update(
    ReservationVersionRow,
    { connectionId, version, state: 'held' },
    { state: 'committed', holdExpires: null },
  );
  if (affected !== 1)
    throw new IrisError('internal', { what: `version ${version} is not held: it cannot be committed`, connectionId });
}

export async function dropAllocations(manager: EntityManager, connectionId: string): Promise<void> {
  await deleteAllocations(manager, { connectionId });
  await manager.update(
    ReservationVersionRow,
    { connectionId, state: In(['held', 'replaced']) },
    { state: 'dropped', holdExpires: null },
  );
}

/**
 * What a version sets aside over its interval: capacity on nodes and of STPs, its segment key, VLANs of external ports, MACs. The database
 * refuses what is taken; here that becomes an error with the names of what it was.
 */
import type { EntityManager } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import { deriveStpLoads } from '../domain/p2p/stp-load.js';
import type { ReservationVersion } from '../domain/reservation/reservation.js';
import type { PlacedVm } from '../domain/vi/placed-vi.js';
import {
  isUnknownNode,
  toCapacityUnavailable,
  toCordonedNodes,
  toShortages,
  toTakenLabelConstraint,
} from './database-errors.js';
import { toPeriod } from './period.js';
import type { Session, Statement } from './session.js';
import { insertStpLoads, toStpRefusal } from './stps.js';

interface Held {
  connectionId: string;
  version: number;
  /** For which it is set aside. */
  period: string;
}

interface NodeSum {
  node: string;
  vms: number;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

/** What a version needs of each node: the sum of its VMs there. */
function deriveNodeAllocations(vms: readonly PlacedVm[]): NodeSum[] {
  const byNode = new Map<string, NodeSum>();
  for (const vm of vms) {
    const sum = byNode.get(vm.node) ?? { node: vm.node, vms: 0, cpus: 0, memoryMiB: 0, diskGiB: 0 };
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

/**
 * One statement: labels are queued for as their rows are inserted, in the order written here, and the guard of the nodes comes at the
 * statement's end. So two holds never wait for each other. An aborted modification leaves its number to the next one.
 */
const insertHeld: Statement = {
  name: 'hold version',
  text: `
  WITH version AS (
    INSERT INTO reservation_version AS v (connection_id, version, state, period, hold_expires, criteria, placed)
    VALUES ($1, $2, 'held', $3::tstzrange, $4, $5::jsonb, $6::jsonb)
    ON CONFLICT (connection_id, version) DO UPDATE SET
      state = excluded.state, period = excluded.period, hold_expires = excluded.hold_expires, criteria = excluded.criteria, placed = excluded.placed
    WHERE v.state = 'dropped'
  ), vms AS (
    INSERT INTO vm (connection_id, version, name, node, cpus, memory_mib, disk_gib, image, nested, nics)
    SELECT $1, $2, r.name, r.node, r.cpus, r."memoryMiB", r."diskGiB", r.image, r.nested, r.nics
    FROM jsonb_to_recordset($7::jsonb) AS r(name text, node text, cpus integer, "memoryMiB" integer, "diskGiB" integer,
      image text, nested boolean, nics jsonb)
  ), segment AS (
    INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period)
    VALUES ($1, $2, $9, $10, $8::tstzrange)
  ), ports AS (
    INSERT INTO external_port_allocation (connection_id, version, port, vlan, period)
    SELECT $1, $2, r.port, r.vlan, $8::tstzrange FROM jsonb_to_recordset($11::jsonb) AS r(port text, vlan integer)
  ), macs AS (
    INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period)
    SELECT $1, $2, $9, $10, r.mac::macaddr, $8::tstzrange FROM unnest($12::text[]) AS r(mac)
  )
  INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
  SELECT $1, $2, r.node, r.vms, r.cpus, r."memoryMiB", r."diskGiB", $8::tstzrange
  FROM jsonb_to_recordset($13::jsonb) AS r(node text, vms integer, cpus integer, "memoryMiB" integer, "diskGiB" integer)`,
};

async function insertHold(session: Session, held: Held, version: ReservationVersion, holdExpires: Date) {
  const { segment, vms } = version.placed;
  await session.run(insertHeld, [
    ...[held.connectionId, held.version, toPeriod(version.start, version.end), holdExpires],
    ...[JSON.stringify(version.criteria), JSON.stringify(version.placed)],
    JSON.stringify(vms.map(({ userData: _secret, ...vm }) => vm)),
    ...[held.period, segment.encapsulation, segment.key, JSON.stringify(portVlansOf(version)), macsOf(version)],
    JSON.stringify(deriveNodeAllocations(vms)),
  ]);
  await insertStpLoads(session.manager, held, deriveStpLoads(version.placed));
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
  const ofStps = toStpRefusal(error, connectionId);
  if (ofStps !== undefined) return ofStps;
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
  session: Session,
  connectionId: string,
  version: ReservationVersion,
  holdExpires: Date,
  setAsideFrom: Date = version.start,
): Promise<void> {
  const held: Held = { connectionId, version: version.version, period: toPeriod(setAsideFrom, version.end) };
  // It ends with the transaction, or is hidden by the next of its name.
  session.command('SAVEPOINT hold');
  try {
    await insertHold(session, held, version, holdExpires);
  } catch (error) {
    await session.manager.query('ROLLBACK TO SAVEPOINT hold');
    throw await toRefusal(session.manager, held, version, error);
  }
}

/** `those`: which rows, as a condition that all these tables know. */
const freeing = (those: string): string => `
  nodes AS (DELETE FROM node_allocation WHERE ${those}),
  macs AS (DELETE FROM mac_allocation WHERE ${those}),
  ports AS (DELETE FROM external_port_allocation WHERE ${those}),
  stps AS (DELETE FROM stp_allocation WHERE ${those}),
  segments AS (DELETE FROM segment_allocation WHERE ${those})`;

const ofVersion = 'connection_id = $1 AND version = $2';
const drop: Statement = {
  name: 'drop version',
  text: `
    WITH ${freeing(ofVersion)}, vms AS (DELETE FROM vm WHERE ${ofVersion})
    UPDATE reservation_version SET state = 'dropped', hold_expires = NULL WHERE ${ofVersion}`,
};

export const dropVersion = (session: Session, connectionId: string, version: number): void =>
  session.write(drop, [connectionId, version]);

/** The count makes the one in force give way first: there is one at a time. */
const commit: Statement = {
  name: 'commit version',
  text: `
    WITH before AS (
      UPDATE reservation_version SET state = 'replaced' WHERE connection_id = $1 AND state = 'committed' RETURNING version
    )
    UPDATE reservation_version SET state = 'committed', hold_expires = NULL
    WHERE ${ofVersion} AND state = 'held' AND (SELECT count(*) FROM before) >= 0
    RETURNING (SELECT version FROM before) AS before`,
};

export async function commitVersion(
  session: Session,
  connectionId: string,
  version: number,
  beforeBecomes: 'dropped' | 'replaced',
): Promise<void> {
  const [committed] = await session.run<{ before: number | null }>(commit, [connectionId, version]);
  if (committed === undefined)
    throw new IrisError('internal', { what: `version ${version} is not held: it cannot be committed`, connectionId });
  if (committed.before !== null && beforeBecomes === 'dropped') dropVersion(session, connectionId, committed.before);
}

const dropAll: Statement = {
  name: 'drop allocations',
  text: `
    WITH ${freeing('connection_id = $1')}
    UPDATE reservation_version SET state = 'dropped', hold_expires = NULL WHERE connection_id = $1 AND state IN ('held', 'replaced')`,
};

export const dropAllocations = (session: Session, connectionId: string): void => session.write(dropAll, [connectionId]);

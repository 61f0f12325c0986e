/** The capacity of STPs: as the site file has it, and what a version sets aside of it. */
import type { EntityManager } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import type { StpLoad } from '../domain/p2p/stp-load.js';
import type { StpCapacity } from '../domain/reservation/reservation.js';
import { fromDatabaseError } from './database-errors.js';

/** From the capacity guard (SQLSTATE IR707). */
interface StpShortage {
  stp: string;
  direction: string;
  capacityMbit: number;
  peakMbit: number;
}

const capacityExceeded = 'IR707';

function toStpShortages(error: unknown): StpShortage[] | undefined {
  const known = fromDatabaseError(error);
  return known?.code === capacityExceeded ? (JSON.parse(known.detail ?? '[]') as StpShortage[]) : undefined;
}

const isUnknownStp = (error: unknown): boolean => fromDatabaseError(error)?.constraint === 'stp_allocation_on_stp';

const insertSql = `
  INSERT INTO stp_allocation (connection_id, version, stp, direction, capacity_mbit, period)
  SELECT $1, $2, r.stp, r.direction, r."capacityMbit", $3::tstzrange
  FROM jsonb_to_recordset($4::jsonb) AS r(stp text, direction text, "capacityMbit" integer)`;

export async function insertStpLoads(
  manager: EntityManager,
  held: { connectionId: string; version: number; period: string },
  loads: readonly StpLoad[],
): Promise<void> {
  if (loads.length > 0)
    await manager.query(insertSql, [held.connectionId, held.version, held.period, JSON.stringify(loads)]);
}

/** What a hold was refused with, where STPs were the reason. */
export function toStpRefusal(error: unknown, connectionId: string): IrisError | undefined {
  const shortages = toStpShortages(error);
  if (shortages !== undefined)
    return new IrisError('capacityUnavailable', {
      what: shortages
        .map((s) => `'${s.stp}' carries ${s.capacityMbit} Mbit/s ${s.direction}, ${s.peakMbit} would be promised`)
        .join('; '),
      variables: { stp: [...new Set(shortages.map(({ stp }) => stp))].join(',') },
      connectionId,
      cause: error,
    });
  if (!isUnknownStp(error)) return undefined;
  return new IrisError('unknownStp', {
    what: 'an end of the service is in an STP that the site does not have any more',
    variables: {},
    connectionId,
    cause: error,
  });
}

const upsertSql = `
  INSERT INTO stp (stp, capacity_mbit)
  SELECT * FROM unnest($1::text[], $2::integer[]) AS listed(stp, capacity_mbit)
  ORDER BY listed.stp
  ON CONFLICT (stp) DO UPDATE SET capacity_mbit = excluded.capacity_mbit
  WHERE stp.capacity_mbit IS DISTINCT FROM excluded.capacity_mbit`;

const removeSql = 'DELETE FROM stp WHERE stp <> ALL ($1::text[])';

const holdersSql = `
  SELECT DISTINCT stp, connection_id AS "connectionId" FROM stp_allocation
  WHERE stp = ANY ($1::text[]) OR stp <> ALL ($2::text[])
  ORDER BY stp, connection_id
  LIMIT 20`;

async function toSyncRefusal(manager: EntityManager, listed: readonly string[], error: unknown): Promise<unknown> {
  const shortages = toStpShortages(error);
  if (shortages === undefined && !isUnknownStp(error)) return error;
  const lowered = shortages?.map(({ stp }) => stp) ?? [];
  const holders: { stp: string; connectionId: string }[] = await manager.query(holdersSql, [lowered, listed]);
  const connectionIds = [...new Set(holders.map(({ connectionId }) => connectionId))].join(', ');
  const what =
    shortages
      ?.map((s) => `STP '${s.stp}' cannot have ${s.capacityMbit} Mbit/s: ${s.peakMbit} are promised`)
      .join('; ') ?? 'an STP that has reservations cannot leave the site';
  return new IrisError('capacityUnavailable', {
    what: `${what}; held by ${connectionIds}`,
    variables: { stp: [...new Set(holders.map(({ stp }) => stp))].join(','), heldBy: connectionIds },
    cause: error,
  });
}

/** In a transaction of its own: what is refused changes nothing. */
export async function syncStps(manager: EntityManager, stps: readonly StpCapacity[]): Promise<void> {
  const names = stps.map(({ stp }) => stp);
  try {
    await manager.transaction(async (transaction) => {
      await transaction.query(upsertSql, [names, stps.map(({ capacityMbit }) => capacityMbit)]);
      await transaction.query(removeSql, [names]);
    });
  } catch (error) {
    throw await toSyncRefusal(manager, names, error);
  }
}

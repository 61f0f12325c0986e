/** What is allocated over a time: at its peak per node or tenant, and which labels. */
import type { NodeLoad, TakenLabels } from '../domain/reservation/reservation.js';
import { toPeriod } from './period.js';
import type { Session, Statement } from './session.js';

const peaks: Statement = {
  name: 'peak load',
  text: `
    SELECT node, cpus::integer AS cpus, memory_mib::float8 AS "memoryMiB", disk_gib::float8 AS "diskGiB", cordoned
    FROM loaded_nodes($1::tstzrange, $2)`,
};

/** Nodes on which there is something, or that are cordoned; of the others nothing needs to be said. */
export const peakLoad = (
  session: Session,
  from: Date,
  to: Date | undefined,
  except: string | undefined,
): Promise<NodeLoad[]> => session.run(peaks, [toPeriod(from, to), except ?? null]);

const takenSegmentsSql = `
  SELECT DISTINCT segment_key AS key, encapsulation FROM segment_allocation
  WHERE period && $1::tstzrange AND connection_id IS DISTINCT FROM $2 ORDER BY 1, 2`;
const takenPortVlansSql = `
  SELECT DISTINCT port AS name, vlan FROM external_port_allocation
  WHERE period && $1::tstzrange AND connection_id IS DISTINCT FROM $2 ORDER BY 1, 2`;

export async function takenLabels(
  { manager }: Session,
  from: Date,
  to: Date | undefined,
  except: string | undefined,
): Promise<TakenLabels> {
  const period = toPeriod(from, to);
  return {
    segments: await manager.query(takenSegmentsSql, [period, except ?? null]),
    externalPortVlans: await manager.query(takenPortVlansSql, [period, except ?? null]),
  };
}

/** As function peak_allocated, over the reservations of a tenant instead of those on a node. */
const tenantPeakSql = `
  WITH live AS MATERIALIZED (
    SELECT a.connection_id, a.version, a.period * $2::tstzrange AS period,
      sum(a.vms) AS vms, sum(a.cpus) AS cpus, sum(a.memory_mib) AS memory_mib
    FROM reservation r
    JOIN node_allocation a ON a.connection_id = r.connection_id
    WHERE r.tenant = $1 AND r.connection_id IS DISTINCT FROM $3 AND r.lifecycle_state NOT IN ('Terminated', 'PassedEndTime') AND a.period && $2::tstzrange
    GROUP BY a.connection_id, a.version, a.period
  ), instant AS (
    SELECT connection_id, lower(period) AS at FROM live
    UNION
    SELECT connection_id, upper(period) FROM live WHERE NOT upper_inf(period)
  ), level AS (
    SELECT i.connection_id, i.at,
      coalesce(max(l.vms), 0) AS vms, coalesce(max(l.cpus), 0) AS cpus, coalesce(max(l.memory_mib), 0) AS memory_mib
    FROM instant i
    LEFT JOIN live l ON l.connection_id = i.connection_id AND l.period @> i.at
    GROUP BY i.connection_id, i.at
  ), step AS (
    SELECT at, vms - lag(vms, 1, 0) OVER own AS vms, cpus - lag(cpus, 1, 0) OVER own AS cpus,
      memory_mib - lag(memory_mib, 1, 0) OVER own AS memory_mib
    FROM level
    WINDOW own AS (PARTITION BY connection_id ORDER BY at)
  ), running AS (
    SELECT sum(sum(vms)) OVER so_far AS vms, sum(sum(cpus)) OVER so_far AS cpus, sum(sum(memory_mib)) OVER so_far AS memory_mib
    FROM step
    GROUP BY at
    WINDOW so_far AS (ORDER BY at)
  )
  SELECT coalesce(max(vms), 0)::float8 AS vms, coalesce(max(cpus), 0)::float8 AS cpus, coalesce(max(memory_mib), 0)::float8 AS "memoryMiB"
  FROM running`;

/** Requests of one tenant queue here, until the transaction ends: otherwise two at once would both find room under its limit. */
export async function tenantPeak(
  { manager }: Session,
  tenant: string,
  from: Date,
  to: Date | undefined,
  except: string | undefined,
) {
  await manager.query("SELECT pg_advisory_xact_lock(hashtextextended('tenant ' || $1, 0))", [tenant]);
  const [peak] = await manager.query(tenantPeakSql, [tenant, toPeriod(from, to), except ?? null]);
  return peak as { vms: number; cpus: number; memoryMiB: number };
}

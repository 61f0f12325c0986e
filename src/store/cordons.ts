/** Nodes on which nothing new is placed, and what still has a place on a node. The guard in the database holds to it. */
import type { EntityManager } from 'typeorm';
import type { Cordon, NodeHolder } from '../domain/ports/store.js';

/** Said again it keeps its first time and name. */
const cordonSql = `
  UPDATE node SET
    cordoned_at = CASE WHEN $2::text IS NULL THEN NULL ELSE coalesce(cordoned_at, now()) END,
    cordoned_by = CASE WHEN $2::text IS NULL THEN NULL ELSE coalesce(cordoned_by, $2) END
  WHERE node = $1`;

export async function cordonNode(manager: EntityManager, node: string, by: string | undefined): Promise<void> {
  await manager.query(cordonSql, [node, by ?? null]);
}

export function listCordons(manager: EntityManager): Promise<Cordon[]> {
  return manager.query(
    'SELECT node, cordoned_at AS at, cordoned_by AS by FROM node WHERE cordoned_at IS NOT NULL ORDER BY node',
  );
}

const holdersSql = `
  SELECT a.connection_id AS "connectionId", r.tenant,
    max(a.vms) AS vms, max(a.cpus) AS cpus, max(a.memory_mib) AS "memoryMiB", max(a.disk_gib) AS "diskGiB",
    min(lower(a.period)) AS "from",
    CASE WHEN bool_or(upper_inf(a.period)) THEN NULL ELSE max(upper(a.period)) END AS until,
    r.data_plane_version > 0 AS built
  FROM node_allocation a
  JOIN reservation r ON r.connection_id = a.connection_id
  WHERE a.node = $1
  GROUP BY a.connection_id, r.tenant, r.data_plane_version
  ORDER BY until NULLS LAST, "from", a.connection_id`;

export async function listNodeHolders(manager: EntityManager, node: string): Promise<NodeHolder[]> {
  const rows: (Omit<NodeHolder, 'until'> & { until: Date | null })[] = await manager.query(holdersSql, [node]);
  return rows.map(({ until, ...holder }) => ({ ...holder, ...(until === null ? {} : { until }) }));
}

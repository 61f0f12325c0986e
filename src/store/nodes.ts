/** The nodes' capacity as the site file has it, and the mark of this site instance. */
import type { EntityManager } from 'typeorm';
import { IrisError } from '../domain/errors/iris-error.js';
import type { NodeCapacity } from '../domain/reservation/reservation.js';
import { fromDatabaseError, toShortages } from './database-errors.js';
import { noteIdentity } from './restores.js';

const upsertSql = `
  INSERT INTO node (node, cpus, memory_mib, disk_gib)
  SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[]) AS listed(node, cpus, memory_mib, disk_gib)
  ORDER BY listed.node
  ON CONFLICT (node) DO UPDATE SET cpus = excluded.cpus, memory_mib = excluded.memory_mib, disk_gib = excluded.disk_gib
  WHERE (node.cpus, node.memory_mib, node.disk_gib) IS DISTINCT FROM (excluded.cpus, excluded.memory_mib, excluded.disk_gib)`;

const removeSql = 'DELETE FROM node WHERE node <> ALL ($1::text[])';

const holdersSql = `
  SELECT DISTINCT node, connection_id AS "connectionId" FROM node_allocation
  WHERE node = ANY ($1::text[]) OR node <> ALL ($2::text[])
  ORDER BY node, connection_id
  LIMIT 20`;

async function toRefusal(manager: EntityManager, nodes: readonly string[], error: unknown): Promise<unknown> {
  const shortages = toShortages(error);
  const isRemoval = fromDatabaseError(error)?.constraint === 'node_allocation_on_node';
  if (shortages === undefined && !isRemoval) return error;
  const lowered = shortages?.map(({ node }) => node) ?? [];
  const holders: { node: string; connectionId: string }[] = await manager.query(holdersSql, [lowered, nodes]);
  const connectionIds = [...new Set(holders.map(({ connectionId }) => connectionId))].join(', ');
  const what = isRemoval
    ? 'a node that has reservations cannot leave the site'
    : shortages!
        .map((s) => `node ${s.node} cannot have ${s.capacity} ${s.resource}: ${s.peak} are promised`)
        .join('; ');
  return new IrisError('capacityUnavailable', {
    what: `${what}; held by ${connectionIds}`,
    variables: { node: [...new Set(holders.map(({ node }) => node))].join(','), heldBy: connectionIds },
    cause: error,
  });
}

/** In a transaction of its own: what is refused changes nothing. */
export async function syncNodes(manager: EntityManager, nodes: readonly NodeCapacity[]): Promise<void> {
  const names = nodes.map(({ node }) => node);
  try {
    await manager.transaction(async (transaction) => {
      await transaction.query(upsertSql, [
        names,
        nodes.map(({ cpus }) => cpus),
        nodes.map(({ memoryMiB }) => memoryMiB),
        nodes.map(({ diskGiB }) => diskGiB),
      ]);
      await transaction.query(removeSql, [names]);
    });
  } catch (error) {
    throw await toRefusal(manager, names, error);
  }
}

export async function siteInstance(manager: EntityManager): Promise<string> {
  await manager.query('INSERT INTO site_instance DEFAULT VALUES ON CONFLICT DO NOTHING');
  await noteIdentity(manager);
  const [{ instance }] = await manager.query('SELECT instance FROM site_instance');
  return instance;
}

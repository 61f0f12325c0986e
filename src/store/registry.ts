/** The stored copy of the management registry, so that a restart has it. */
import type { EntityManager } from 'typeorm';
import type { Place, RegistryEntry } from '../domain/registry/registry-entry.js';
import { RegistryEntryRow } from './entities/registry-entry.js';

const toPlaceColumns = (place: Place) =>
  place.kind === 'port'
    ? { node: place.node, portName: place.portName, site: null }
    : { node: null, portName: null, site: place.site };

type PlaceColumns = Pick<RegistryEntryRow, 'node' | 'portName' | 'site'>;

const fromPlaceColumns = ({ node, portName, site }: PlaceColumns): Place =>
  site === null ? { kind: 'port', node: node!, portName: portName! } : { kind: 'site', site };

/** Of several entries for one machine the last counts. */
function deriveRows(connectionId: string, entries: readonly RegistryEntry[]): RegistryEntryRow[] {
  const rows = new Map<string, RegistryEntryRow>();
  for (const { place, ...entry } of entries)
    rows.set(`${entry.vlan} ${entry.mac}`, { connectionId, ...entry, ...toPlaceColumns(place) });
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

export async function saveRegistry(manager: EntityManager, connectionId: string, entries: readonly RegistryEntry[]) {
  if (entries.length === 0) return;
  await manager.upsert(RegistryEntryRow, deriveRows(connectionId, entries), ['connectionId', 'vlan', 'mac']);
}

/** Plain rows: a process that takes over reads tens of thousands of them before it does anything else. */
const loadSql = `
  SELECT connection_id AS "connectionId", vlan, mac, ips, node, port_name AS "portName", site, learnt_from AS "learntFrom", learnt_at AS "learntAt"
  FROM registry_entry WHERE connection_id = ANY ($1) ORDER BY connection_id, vlan, mac`;

export async function loadRegistries(
  manager: EntityManager,
  connectionIds: readonly string[],
): Promise<Map<string, RegistryEntry[]>> {
  const rows: RegistryEntryRow[] = connectionIds.length === 0 ? [] : await manager.query(loadSql, [connectionIds]);
  const found = new Map<string, RegistryEntry[]>();
  for (const { connectionId, node, portName, site, ...entry } of rows) {
    const entries = found.get(connectionId) ?? [];
    found.set(connectionId, entries);
    entries.push({ ...entry, place: fromPlaceColumns({ node, portName, site }) });
  }
  return found;
}

export const loadRegistry = async (manager: EntityManager, connectionId: string): Promise<RegistryEntry[]> =>
  (await loadRegistries(manager, [connectionId])).get(connectionId) ?? [];

export async function forgetRegistry(manager: EntityManager, connectionId: string): Promise<void> {
  await manager.delete(RegistryEntryRow, { connectionId });
}

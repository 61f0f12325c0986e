/** The stored copy of the management registry, so that a restart has it. */
import type { EntityManager } from 'typeorm';
import type { Place, RegistryEntry } from '../domain/registry/registry-entry.js';
import { RegistryEntryRow } from './entities/registry-entry.js';

const toPlaceColumns = (place: Place) =>
  place.kind === 'port'
    ? { node: place.node, portName: place.portName, site: null }
    : { node: null, portName: null, site: place.site };

const fromPlaceColumns = ({ node, portName, site }: RegistryEntryRow): Place =>
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

export async function loadRegistry(manager: EntityManager, connectionId: string): Promise<RegistryEntry[]> {
  const rows = await manager.find(RegistryEntryRow, { where: { connectionId }, order: { vlan: 'ASC', mac: 'ASC' } });
  return rows.map((row) => ({
    vlan: row.vlan,
    mac: row.mac,
    ips: row.ips,
    place: fromPlaceColumns(row),
    learntFrom: row.learntFrom,
    learntAt: row.learntAt,
  }));
}

export async function forgetRegistry(manager: EntityManager, connectionId: string): Promise<void> {
  await manager.delete(RegistryEntryRow, { connectionId });
}

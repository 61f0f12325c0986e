/** The monitored part of a node's database as it was last told, by table and row UUID. */
import type { MonitorRequests, TableUpdates } from '../../../wire/ovsdb/messages.js';
import type { OvsdbRow } from '../../../wire/ovsdb/values.js';

export const monitored = {
  Open_vSwitch: { columns: ['bridges', 'ovs_version'] },
  Bridge: {
    columns: [
      'name',
      'ports',
      'controller',
      'datapath_type',
      'fail_mode',
      'protocols',
      'other_config',
      'external_ids',
      'flow_tables',
    ],
  },
  Port: { columns: ['name', 'interfaces', 'external_ids'] },
  Interface: { columns: ['name', 'type', 'options', 'ofport', 'error', 'external_ids'] },
  Controller: { columns: ['target', 'connection_mode', 'external_ids'] },
} as const satisfies MonitorRequests;

export type MonitoredTable = keyof typeof monitored;

export interface Replica {
  rows(table: MonitoredTable): ReadonlyMap<string, OvsdbRow>;
  find(table: MonitoredTable, name: string): { uuid: string; row: OvsdbRow } | undefined;
  update(updates: TableUpdates): void;
  clear(): void;
}

export function createReplica(): Replica {
  const tables = new Map<string, Map<string, OvsdbRow>>();
  const rows = (table: string): Map<string, OvsdbRow> => {
    let found = tables.get(table);
    if (found === undefined) {
      found = new Map();
      tables.set(table, found);
    }
    return found;
  };
  return {
    rows,
    find(table, name) {
      for (const [uuid, row] of rows(table)) if (row.name === name) return { uuid, row };
      return undefined;
    },
    update(updates) {
      for (const [table, changes] of Object.entries(updates))
        for (const [uuid, change] of Object.entries(changes)) {
          if (change.new === undefined) rows(table).delete(uuid);
          else rows(table).set(uuid, { ...rows(table).get(uuid), ...change.new });
        }
    },
    clear: () => tables.clear(),
  };
}

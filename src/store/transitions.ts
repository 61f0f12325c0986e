/** The history of every transition. */
import type { EntityManager } from 'typeorm';
import type { HistoryEntry } from '../domain/ports/store.js';
import { HistoryRow } from './entities/history.js';

const toEntry = (row: HistoryRow): HistoryEntry => ({
  connectionId: row.connectionId,
  at: row.at,
  machine: row.machine,
  from: row.fromState,
  to: row.toState,
  by: row.askedBy,
  ...(row.correlationId === null ? {} : { correlationId: row.correlationId }),
  ...(row.reason === null ? {} : { reason: row.reason }),
});

export async function readHistory(manager: EntityManager, connectionId: string): Promise<HistoryEntry[]> {
  const rows = await manager.find(HistoryRow, { where: { connectionId }, order: { id: 'ASC' } });
  return rows.map(toEntry);
}

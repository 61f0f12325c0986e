/** The history of every transition. */
import type { EntityManager } from 'typeorm';
import type { HistoryEntry, Transition } from '../domain/ports/store.js';
import { HistoryRow } from './entities/history.js';

const recordSql = `
  INSERT INTO history (connection_id, machine, from_state, to_state, asked_by, correlation_id, reason)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])`;

/** In the order given, which is the order of their ids. */
export async function recordTransitions(manager: EntityManager, transitions: readonly Transition[]): Promise<void> {
  if (transitions.length === 0) return;
  await manager.query(recordSql, [
    transitions.map(({ connectionId }) => connectionId),
    transitions.map(({ machine }) => machine),
    transitions.map(({ from }) => from),
    transitions.map(({ to }) => to),
    transitions.map(({ by }) => by),
    transitions.map(({ correlationId }) => correlationId ?? null),
    transitions.map(({ reason }) => reason ?? null),
  ]);
}

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

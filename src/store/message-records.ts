/** NSI notifications and results as rows, numbered per reservation. */
import type { EntityManager } from 'typeorm';
import type { NsiNotification, NsiResult, RecordedResult } from '../domain/nsi/messages.js';
import type { MessageRange } from '../domain/ports/store.js';
import { reviveDates } from '../lib/revive-dates.js';

const dateKeys = new Set(['timeStamp', 'lastModified', 'start', 'end', 'at', 'holdExpires', 'createdAt', 'updatedAt']);

/** A message from what JSON made of it. */
export const fromStoredMessage = <M>(stored: unknown): M => reviveDates(stored, dateKeys) as M;

const inRange = (column: string) => `connection_id = $1 AND ${column} BETWEEN $2 AND $3 ORDER BY ${column}`;
const bounds = (connectionId: string, { from, to }: MessageRange) => [
  connectionId,
  from ?? 1,
  to ?? Number.MAX_SAFE_INTEGER,
];

export async function listNotifications(
  manager: EntityManager,
  connectionId: string,
  range: MessageRange,
): Promise<NsiNotification[]> {
  const rows: { message: unknown }[] = await manager.query(
    `SELECT message FROM nsi_notification WHERE ${inRange('notification_id')}`,
    bounds(connectionId, range),
  );
  return rows.map(({ message }) => fromStoredMessage(message));
}

export async function listResults(
  manager: EntityManager,
  connectionId: string,
  range: MessageRange,
): Promise<RecordedResult[]> {
  const rows: { resultId: number; correlationId: string; at: Date; message: unknown }[] = await manager.query(
    `SELECT result_id::float8 AS "resultId", correlation_id AS "correlationId", at, message FROM nsi_result WHERE ${inRange('result_id')}`,
    bounds(connectionId, range),
  );
  return rows.map(({ resultId, correlationId, at, message }) => ({
    resultId,
    correlationId,
    timeStamp: at,
    result: fromStoredMessage<NsiResult>(message),
  }));
}

/** Requests whose identity was refused, as rows. */
import type { EntityManager } from 'typeorm';
import type { RefusedIdentity } from '../domain/ports/refused-identity.js';

const insertSql = `
  INSERT INTO refused_identity
    (at, times, error_id, path, operation, address, certificate, requester_nsa, provider_nsa, correlation_id, what)
  SELECT at, times, "errorId", path, operation, address, certificate, "requesterNSA", "providerNSA", "correlationId", what
  FROM jsonb_to_recordset($1::jsonb) AS r(at timestamptz, times integer, "errorId" text, path text, operation text, address text,
    certificate text, "requesterNSA" text, "providerNSA" text, "correlationId" text, what text)`;

export async function recordRefusedIdentities(
  manager: EntityManager,
  refused: readonly RefusedIdentity[],
): Promise<void> {
  await manager.query(insertSql, [JSON.stringify(refused)]);
}

/** However old, no more than these. */
const newest = 100_000;

export async function pruneRefusedIdentities(manager: EntityManager, days: number, most: number): Promise<number> {
  const [{ pruned }] = await manager.query(
    "SELECT prune_refused_identities(now() - $1 * interval '1 day', $2, $3)::float8 AS pruned",
    [days, newest, most],
  );
  return pruned;
}

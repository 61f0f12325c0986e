/** Identities of requests, so that one that is repeated gets the same answer and changes nothing. */
import type { EntityManager } from 'typeorm';
import type { RequestIdentity } from '../domain/ports/store.js';
import { RequestRow } from './entities/request.js';

/** The insert waits for another session that claims the same identity at this moment, until it commits or rolls back. */
export async function claimRequest(manager: EntityManager, identity: RequestIdentity) {
  const { requester, correlationId, operation, digest } = identity;
  const claimed = await manager.query(
    `INSERT INTO request (requester, correlation_id, operation, digest) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING 1`,
    [requester, correlationId, operation, digest],
  );
  if (claimed.length > 0) return { outcome: 'fresh' } as const;
  const before = await manager.findOneByOrFail(RequestRow, { requester, correlationId });
  return before.digest === digest && before.operation === operation
    ? ({ outcome: 'answered', answer: before.answer } as const)
    : ({ outcome: 'mismatch' } as const);
}

export async function answerRequest(
  manager: EntityManager,
  { requester, correlationId }: RequestIdentity,
  answer: unknown,
) {
  await manager.query('UPDATE request SET answer = $3 WHERE requester = $1 AND correlation_id = $2', [
    requester,
    correlationId,
    JSON.stringify(answer ?? null),
  ]);
}

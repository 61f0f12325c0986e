/** Identities of requests, so that one that is repeated gets the same answer and changes nothing. */
import type { RequestIdentity } from '../domain/ports/store.js';
import { RequestRow } from './entities/request.js';
import type { Session, Statement } from './session.js';

const claim: Statement = {
  name: 'claim request',
  text: `INSERT INTO request (requester, correlation_id, operation, digest) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING 1`,
};

/** The insert waits for another session that claims the same identity at this moment, until it commits or rolls back. */
export async function claimRequest(session: Session, identity: RequestIdentity) {
  const { requester, correlationId, operation, digest } = identity;
  const claimed = await session.run(claim, [requester, correlationId, operation, digest]);
  if (claimed.length > 0) return { outcome: 'fresh' } as const;
  const before = await session.manager.findOneByOrFail(RequestRow, { requester, correlationId });
  return before.digest === digest && before.operation === operation
    ? ({ outcome: 'answered', answer: before.answer } as const)
    : ({ outcome: 'mismatch' } as const);
}

const answerOnce: Statement = {
  name: 'answer request',
  text: 'UPDATE request SET answer = $3 WHERE requester = $1 AND correlation_id = $2',
};

export function answerRequest(session: Session, { requester, correlationId }: RequestIdentity, answer: unknown): void {
  session.write(answerOnce, [requester, correlationId, JSON.stringify(answer ?? null)]);
}

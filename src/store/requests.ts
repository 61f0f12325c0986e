/** Identities of requests, so that one that is repeated gets the same answer and changes nothing. */
import type { RequestIdentity } from '../domain/ports/store.js';
import { RequestRow } from './entities/request.js';
import type { Session, Statement } from './session.js';

const claim: Statement = {
  name: 'claim request',
  text: `INSERT INTO request (requester, correlation_id, operation, digest) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING 1`,
};

/** Whoever comes second waits for the answer of who came first. */
const lockUnanswered: Statement = {
  name: 'lock request without answer',
  text: 'SELECT answer FROM request WHERE requester = $1 AND correlation_id = $2 FOR UPDATE',
};

/**
 * Claim and answer are of one transaction, so that Iris leaves no claim without an answer. One that is there all the same (a repaired
 * database, say) was never told to anybody: it is served now, rather than answered with nothing.
 */
async function serveUnanswered(session: Session, { requester, correlationId }: RequestIdentity) {
  const [row] = await session.run<{ answer: unknown }>(lockUnanswered, [requester, correlationId]);
  const answer = row?.answer ?? null;
  return answer === null ? ({ outcome: 'fresh' } as const) : ({ outcome: 'answered', answer } as const);
}

/** The insert waits for another session that claims the same identity at this moment, until it commits or rolls back. */
export async function claimRequest(session: Session, identity: RequestIdentity) {
  const { requester, correlationId, operation, digest } = identity;
  const claimed = await session.run(claim, [requester, correlationId, operation, digest]);
  if (claimed.length > 0) return { outcome: 'fresh' } as const;
  const before = await session.manager.findOneByOrFail(RequestRow, { requester, correlationId });
  if (before.digest !== digest || before.operation !== operation) return { outcome: 'mismatch' } as const;
  return before.answer === null
    ? serveUnanswered(session, identity)
    : ({ outcome: 'answered', answer: before.answer } as const);
}

const answerOnce: Statement = {
  name: 'answer request',
  text: 'UPDATE request SET answer = $3 WHERE requester = $1 AND correlation_id = $2',
};

export function answerRequest(session: Session, { requester, correlationId }: RequestIdentity, answer: unknown): void {
  session.write(answerOnce, [requester, correlationId, JSON.stringify(answer ?? null)]);
}

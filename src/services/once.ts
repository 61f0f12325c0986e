/**
 * Idempotence, around every operation that changes something: the first request with a correlation id is served, its repetitions get the
 * stored answer, another content under the same id is refused. A request that fails leaves no trace and may be tried again.
 */
import { createHash } from 'node:crypto';
import { IrisError } from '../domain/errors/iris-error.js';
import type { CallContext, RequestIdentity, Store, StoreTransaction } from '../domain/ports/store.js';
import { type Answer, fromStoredAnswer, toResult } from './answer.js';

/** Keys in order, so that the same content is the same text. */
function toCanonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCanonical);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, toCanonical(item)]),
  );
}

/** One credential may speak for several NSAs: what one was answered is none of the others' business. */
const askedBy = ({ nsi }: CallContext): string[] => (nsi === undefined ? [] : [nsi.requesterNSA]);

const deriveIdentity = (context: CallContext, operation: string, request: unknown): RequestIdentity => ({
  requester: context.requester.subject,
  correlationId: context.correlationId,
  operation,
  digest: createHash('sha256')
    .update(JSON.stringify([operation, toCanonical(request), ...askedBy(context)]))
    .digest('hex'),
});

export async function serveOnce<Shown>(
  store: Store,
  context: CallContext,
  operation: string,
  request: unknown,
  serve: (transaction: StoreTransaction) => Promise<Answer<Shown>>,
): Promise<Shown> {
  const identity = deriveIdentity(context, operation, request);
  const answer = await store.transaction(async (transaction) => {
    const claim = await transaction.claimRequest(identity);
    if (claim.outcome === 'answered') return fromStoredAnswer<Shown>(claim.answer);
    if (claim.outcome === 'mismatch')
      throw new IrisError('connectionExists', {
        what: `correlation id ${context.correlationId} was used before, for another request`,
        variables: { correlationId: context.correlationId },
      });
    const fresh = await serve(transaction);
    await transaction.answerRequest(identity, fresh);
    return fresh;
  });
  return toResult(answer);
}

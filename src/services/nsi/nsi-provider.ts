/** The engine as NSI requesters see it: the NsiProvider port. Where callbacks are to go is checked before anything is done. */
import { IrisError } from '../../domain/errors/iris-error.js';
import { checkCallbackAddress } from '../../domain/nsi/callback-address.js';
import type { QueryConfirmation } from '../../domain/nsi/messages.js';
import type { NsiContext, NsiProvider } from '../../domain/ports/nsi-provider.js';
import { toAcknowledged } from '../answer.js';
import { createOperation } from '../operations.js';
import type { SiteContext } from '../site-context.js';
import { createNsiModify } from './modify.js';
import { queryNotification, queryResult, querySummary } from './queries.js';
import { createNsiReserve } from './reserve.js';

async function confirmQuery({ store }: SiteContext, call: NsiContext, message: QueryConfirmation): Promise<void> {
  const { requesterNSA, replyTo } = call.nsi;
  if (replyTo === undefined)
    throw new IrisError('missingParameter', {
      what: 'a query without replyTo is answered by its Sync form only',
      variables: { parameter: 'replyTo' },
    });
  const { correlationId } = call;
  await store.transaction((transaction) =>
    transaction.queueCallback({ correlationId, requesterNSA, replyTo, message }),
  );
}

export function createNsiProvider(context: SiteContext): NsiProvider {
  const checkReplyTo = ({ nsi: { requesterNSA, replyTo } }: NsiContext): void => {
    if (replyTo !== undefined) checkCallbackAddress(replyTo, requesterNSA, context.site);
  };
  const checked =
    <A, R>(serve: (call: NsiContext, asked: A) => Promise<R>) =>
    async (call: NsiContext, asked: A): Promise<R> => {
      checkReplyTo(call);
      return serve(call, asked);
    };
  return {
    reserve: checked(createNsiReserve(context)),
    modify: checked(createNsiModify(context)),
    reserveCommit: checked(createOperation(context, 'commit', toAcknowledged)),
    reserveAbort: checked(createOperation(context, 'abort', toAcknowledged)),
    provision: checked(createOperation(context, 'provision', toAcknowledged)),
    release: checked(createOperation(context, 'release', toAcknowledged)),
    terminate: checked(createOperation(context, 'terminate', toAcknowledged)),
    querySummary: (call, request) => querySummary(context, call, request),
    queryNotification: (call, range) => queryNotification(context, call, range),
    queryResult: (call, range) => queryResult(context, call, range),
    confirmQuery: checked((call, confirmation: QueryConfirmation) => confirmQuery(context, call, confirmation)),
    checkReplyTo,
  };
}

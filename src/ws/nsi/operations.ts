/** What a provider is asked, from the wire's words to the Provider's: translate in, ask, translate out. Nothing is decided here. */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { QueryConfirmation } from '../../domain/nsi/messages.js';
import type {
  Acknowledged,
  IdRange,
  NsiContext,
  NsiProvider,
  QuerySummaryRequest,
} from '../../domain/ports/nsi-provider.js';
import type { Schedule } from '../../domain/vi/criteria.js';
import type { WireOf, WireRequestCriteria } from '../../wire/nsi/connection-types.js';
import type { ProviderOperation, providerOperations } from '../../wire/nsi/operations.js';
import { fromMessage } from './messages-out.js';
import { toServiceChange, toWholeCriteria } from './service-elements.js';

export interface NsiCall {
  provider: NsiProvider;
  context: NsiContext;
  /** Our own. */
  nsa: string;
}

type Response<O extends ProviderOperation> = WireOf<(typeof providerOperations)[O]['response']>;
type Operation<O extends ProviderOperation> = (call: NsiCall, request: WireOf<O>) => Promise<Response<O>>;

/** In a new reservation nil and absence are the same: now, and open-ended. */
const toSchedule = ({ schedule }: WireRequestCriteria): Schedule => ({
  ...(schedule?.startTime == null ? {} : { start: schedule.startTime }),
  ...(schedule?.endTime == null ? {} : { end: schedule.endTime }),
});

/** In a modification absence is no change. */
const toScheduleChange = ({ schedule }: WireRequestCriteria) => ({
  ...(schedule?.startTime === undefined ? {} : { start: schedule.startTime }),
  ...(schedule?.endTime === undefined ? {} : { end: schedule.endTime }),
});

function checkVersion(version: number | undefined): void {
  if (version !== undefined && version < 0)
    throw new IrisError('payload', {
      what: `version ${version} is none: versions begin at 0`,
      variables: { version: String(version) },
    });
}

function reserveNew({ provider, context }: NsiCall, request: WireOf<'reserve'>): Promise<Acknowledged> {
  const { globalReservationId, description, criteria } = request;
  return provider.reserve(context, {
    ...(globalReservationId === undefined ? {} : { globalReservationId }),
    ...(description === undefined ? {} : { description }),
    ...(criteria.serviceType === undefined ? {} : { serviceType: criteria.serviceType }),
    ...(criteria.version === undefined ? {} : { version: criteria.version }),
    criteria: toWholeCriteria(criteria.services, toSchedule(criteria)),
  });
}

function modify(
  { provider, context }: NsiCall,
  connectionId: string,
  criteria: WireRequestCriteria,
): Promise<Acknowledged> {
  return provider.modify(context, {
    connectionId,
    ...(criteria.version === undefined ? {} : { version: criteria.version }),
    ...(criteria.schedule === undefined ? {} : { schedule: toScheduleChange(criteria) }),
    ...toServiceChange(criteria.services),
  });
}

const toSummaryRequest = (request: WireOf<'querySummary'>): QuerySummaryRequest => ({
  ...(request.connectionIds.length === 0 ? {} : { connectionIds: request.connectionIds }),
  ...(request.globalReservationIds.length === 0 ? {} : { globalReservationIds: request.globalReservationIds }),
  ...(request.ifModifiedSince === undefined ? {} : { ifModifiedSince: request.ifModifiedSince }),
});

const toRange = (connectionId: string, from: number | undefined, to: number | undefined): IdRange => ({
  connectionId,
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

const querySummary = async ({ provider, context }: NsiCall, request: WireOf<'querySummary'>) =>
  ({
    kind: 'querySummaryConfirmed',
    ...(await provider.querySummary(context, toSummaryRequest(request))),
  }) as const;

const queryRecursive = async ({ provider, context }: NsiCall, request: WireOf<'queryRecursive'>) => {
  const { reservations } = await provider.querySummary(context, toSummaryRequest(request));
  return { kind: 'queryRecursiveConfirmed', reservations } as const;
};

const queryNotification = async ({ provider, context }: NsiCall, request: WireOf<'queryNotification'>) => {
  const range = toRange(request.connectionId, request.startNotificationId, request.endNotificationId);
  return {
    kind: 'queryNotificationConfirmed',
    notifications: await provider.queryNotification(context, range),
  } as const;
};

const queryResult = async ({ provider, context }: NsiCall, request: WireOf<'queryResult'>) => {
  const range = toRange(request.connectionId, request.startResultId, request.endResultId);
  return { kind: 'queryResultConfirmed', results: await provider.queryResult(context, range) } as const;
};

/** Acknowledged, and answered by a callback. That there is somewhere to answer to is looked at first. */
const later =
  <R>(ask: (call: NsiCall, request: R) => Promise<QueryConfirmation>) =>
  async (call: NsiCall, request: R): Promise<WireOf<'acknowledgment'>> => {
    const { provider, context } = call;
    if (context.nsi.replyTo === undefined)
      throw new IrisError('missingParameter', {
        what: 'there is no replyTo to answer to; the Sync form of the query answers at once',
        variables: { parameter: 'replyTo' },
      });
    provider.checkReplyTo(context);
    await provider.confirmQuery(context, await ask(call, request));
    return {};
  };

type ChangeName = 'reserveCommit' | 'reserveAbort' | 'provision' | 'release' | 'terminate';
const change =
  (name: ChangeName): Operation<ChangeName> =>
  async ({ provider, context }, { connectionId }) => {
    await provider[name](context, connectionId);
    return {};
  };

export const operations: { [O in ProviderOperation]: Operation<O> } = {
  reserve: async (call, request) => {
    checkVersion(request.criteria.version);
    const { connectionId } =
      request.connectionId === undefined
        ? await reserveNew(call, request)
        : await modify(call, request.connectionId, request.criteria);
    return { connectionId };
  },

  reserveCommit: change('reserveCommit'),
  reserveAbort: change('reserveAbort'),
  provision: change('provision'),
  release: change('release'),
  terminate: change('terminate'),

  querySummary: later(querySummary),
  queryRecursive: later(queryRecursive),
  queryNotification: later(queryNotification),
  queryResult: later(queryResult),

  querySummarySync: async (call, request) => fromMessage(await querySummary(call, request), call.nsa),
  queryNotificationSync: async (call, request) => fromMessage(await queryNotification(call, request), call.nsa),
  queryResultSync: async (call, request) => fromMessage(await queryResult(call, request), call.nsa),
};

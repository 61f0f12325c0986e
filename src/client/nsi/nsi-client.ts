/**
 * A requester of one NSI provider: any of its operations, and their outcomes. Where it may be called back the outcomes of changes come as callbacks
 * (callback-inbox.ts), and are asked for now and then in case one was lost; where not, they are polled. Queries are answered in the same exchange, but
 * for queryRecursive.
 */
import { randomUUID } from 'node:crypto';
import { createDeadline } from '../../lib/deadline.js';
import { createPoster, type Posted } from '../../lib/http-post.js';
import { packageFile } from '../../lib/package-root.js';
import type { TlsMaterial } from '../../lib/tls-files.js';
import { compileXmlSchema } from '../../lib/xml-schema.js';
import type { WireOf } from '../../wire/nsi/connection-types.js';
import { writeNsiMessage } from '../../wire/nsi/messages.js';
import { providerProtocol, soapActionOf } from '../../wire/nsi/namespaces.js';
import {
  type LaterOperation,
  type OutcomeName,
  outcomesOf,
  type ProviderOperation,
  providerOperations,
} from '../../wire/nsi/operations.js';
import { reasonOf } from '../reason-of.js';
import { writeUsernameToken } from '../username-token.js';
import type { CallbackInbox, CallbackProvider, Expectation, Notification } from './callback-inbox.js';
import { createHeardIds } from './heard-ids.js';
import { checkRequest, NoNsiAnswer, type NsiAnswer, readAnswer } from './messages.js';
import { NsiConnectionError, NsiFault, NsiOverdue } from './nsi-fault.js';
import { createPauses } from './pauses.js';

export interface NsiClientOptions {
  /** `https://osaka.example/nsi/provider` */
  url: string;
  /** NSA ids: the provider's and ours. `certificate` of the provider: of its callbacks. */
  provider: CallbackProvider;
  requesterNsa: string;
  /** WS-Security user name; the password is sent as a digest only. */
  user?: string;
  password?: string;
  tls?: TlsMaterial;
  /** Of one exchange. */
  timeoutMs?: number;
  /** How long the outcome of a request is waited for. */
  outcomeMs?: number;
  /** Between two looks at what a provider has to tell, where it cannot call back. */
  pollMs?: number;
  /** Between two looks where it can. */
  lookMs?: number;
  /** Where callbacks are taken; absent: everything is polled. */
  callbacks?: { inbox: CallbackInbox; replyTo: string };
}

type Response<O extends ProviderOperation> = WireOf<(typeof providerOperations)[O]['response']>;
/** Operations of a reservation whose outcome comes later. */
export type ChangeOperation = Exclude<LaterOperation, `query${string}`>;
type QueryOperation = Exclude<LaterOperation, ChangeOperation>;
export type OutcomeOf<O extends LaterOperation> = {
  [K in OutcomeName<O>]: { kind: K; value: WireOf<K> };
}[OutcomeName<O>];

export interface Said {
  /** A new one if absent. Repeat it to repeat a request. */
  correlationId?: string;
}

export interface Begun<O extends ChangeOperation> {
  /** What the request was acknowledged with. */
  response: Response<O>;
  /** Rejects with NsiFault where the outcome is an error, and with NsiOverdue. May be left alone. */
  outcome: Promise<OutcomeOf<O>>;
}

/**
 * Throws NsiFault for what the provider refused, NsiConnectionError where no answer came or none of NSI, and WireValueError for a request that is
 * not as the contract has it, which is not sent.
 */
export interface NsiClient {
  /** One exchange: resolves with what is answered at once. */
  send<O extends ProviderOperation>(operation: O, request: WireOf<O>, said?: Said): Promise<Response<O>>;
  /** Resolves as soon as the request has been acknowledged. */
  begin<O extends ChangeOperation>(operation: O, request: WireOf<O>, said?: Said): Promise<Begun<O>>;
  /** Resolves with the outcome. */
  perform<O extends ChangeOperation>(operation: O, request: WireOf<O>, said?: Said): Promise<OutcomeOf<O>>;
  /** A query, by its Sync form; queryRecursive, which has none, by callback, and not where there are none. */
  query<O extends QueryOperation>(operation: O, request: WireOf<O>): Promise<WireOf<OutcomeName<O>>>;
  /** What happens to a reservation, from its first notification on, each once and in order of arrival. The answer ends it. */
  follow(connectionId: string, tell: (notification: NotificationTold) => void): () => void;
  close(): void;
}

export type NotificationTold = {
  [N in Notification as N['element']]: { kind: N['element']; value: N['value'] };
}[Notification['element']];

const firstPollMs = 50;
const defaults = { timeoutMs: 60_000, outcomeMs: 180_000, pollMs: 500, lookMs: 5_000 };
const mostAnswerBytes = 16 << 20;
/** To one provider at once. */
const connections = 16;

const newCorrelationId = (): string => `urn:uuid:${randomUUID()}`;

const syncForms = {
  querySummary: 'querySummarySync',
  queryNotification: 'queryNotificationSync',
  queryResult: 'queryResultSync',
} as const satisfies Partial<Record<QueryOperation, ProviderOperation>>;

export const ofConnection = (connectionId: string) => ({ connectionIds: [connectionId], globalReservationIds: [] });

type Waited = { element: string; value: unknown };

export function createNsiClient(options: NsiClientOptions): NsiClient {
  const { url, provider, requesterNsa, user, password, tls, callbacks } = options;
  const { timeoutMs, outcomeMs, pollMs, lookMs } = { ...defaults, ...options };
  const address = new URL(url);
  const schema = compileXmlSchema(packageFile('wsdl', 'nsi', 'all.xsd'));
  const poster = createPoster({ perHost: connections, mostBytes: mostAnswerBytes, tls: () => tls ?? {} });
  const closed = new AbortController();
  const { pause, endAll } = createPauses();
  /** Of all that is followed. */
  const stops = new Set<() => void>();
  const ensureOpen = (): void => {
    if (closed.signal.aborted) throw new NsiConnectionError(url, 'the client was closed');
  };

  async function post(operation: ProviderOperation, body: string, mostMs: number): Promise<Posted> {
    const deadline = createDeadline(mostMs, closed.signal);
    const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${soapActionOf(operation)}"` };
    try {
      return await poster.post({ url: address, headers, body, signal: deadline.signal, isAllowed: () => true });
    } catch (error) {
      throw new NsiConnectionError(url, reasonOf(error), { cause: error });
    } finally {
      deadline.release();
    }
  }

  function read<O extends ProviderOperation>(operation: O, { status, body }: Posted) {
    ensureOpen();
    try {
      return readAnswer(schema, body, providerOperations[operation].response) as NsiAnswer<
        (typeof providerOperations)[O]['response']
      >;
    } catch (error) {
      if (!(error instanceof NoNsiAnswer)) throw error;
      throw new NsiConnectionError(url, `the answer is not one of an NSI provider (HTTP ${status}): ${error.message}`);
    }
  }

  async function exchange<O extends ProviderOperation>(
    operation: O,
    request: WireOf<O>,
    correlationId: string,
    replyTo?: string,
    mostMs = timeoutMs,
  ): Promise<Response<O>> {
    ensureOpen();
    const head = {
      protocolVersion: providerProtocol,
      correlationId,
      requesterNsa,
      providerNsa: provider.nsaId,
      replyTo,
    };
    const token = user === undefined ? '' : writeUsernameToken(user, password ?? '');
    const message = writeNsiMessage(head, operation, request, token);
    checkRequest(schema, message);
    const answer = read(operation, await post(operation, message, mostMs));
    if ('fault' in answer) throw new NsiFault(operation, answer.fault);
    if (answer.header.correlationId !== correlationId)
      throw new NsiConnectionError(url, `the answer is to another request: ${answer.header.correlationId}`);
    return answer.value as Response<O>;
  }

  /** What the provider has recorded as the outcome of a request; undefined: nothing yet, or it did not say. */
  async function lookForOutcome(
    connectionId: string,
    correlationId: string,
    mostMs: number,
  ): Promise<Waited | undefined> {
    try {
      const { results } = await exchange('queryResultSync', { connectionId }, newCorrelationId(), undefined, mostMs);
      return results.findLast((result) => result.correlationId === correlationId)?.outcome;
    } catch (error) {
      // A callback may still come, and a provider that does not answer may answer again.
      if (error instanceof NsiConnectionError || callbacks !== undefined) return undefined;
      throw error;
    }
  }

  async function waitForOutcome(
    operation: LaterOperation,
    correlationId: string,
    connectionId: string | undefined,
    expectation: Expectation | undefined,
  ): Promise<Waited> {
    const giveUpAtMs = performance.now() + outcomeMs;
    const leftMs = (): number => Math.max(0, giveUpAtMs - performance.now());
    const toldOr = (other: Promise<Waited | undefined>): Promise<Waited | undefined> =>
      expectation === undefined ? other : Promise.race([expectation.outcome, other]);
    const mostMs = expectation === undefined ? pollMs : lookMs;
    for (let waitMs = expectation === undefined ? firstPollMs : lookMs; ; waitMs = Math.min(waitMs * 2, mostMs)) {
      const { over, end } = pause(Math.min(leftMs(), waitMs));
      const heard = await toldOr(over);
      end();
      if (heard !== undefined) return heard;
      ensureOpen();
      if (leftMs() === 0) throw new NsiOverdue(operation, correlationId, outcomeMs);
      if (connectionId === undefined) continue;
      // A look that is not answered must not keep what is told from being heard.
      const look = lookForOutcome(connectionId, correlationId, Math.min(timeoutMs, leftMs()));
      const found = await toldOr(look);
      if (found !== undefined) return found;
      ensureOpen();
    }
  }

  function toOutcome<O extends LaterOperation>(operation: O, { element, value }: Waited): OutcomeOf<O> {
    if (element === 'error') throw new NsiFault(operation, (value as WireOf<'error'>).serviceException);
    return { kind: element, value } as OutcomeOf<O>;
  }

  const expectOutcome = (operation: LaterOperation, correlationId: string, isOnce = false): Expectation | undefined =>
    callbacks?.inbox.expect({ correlationId, provider, kinds: outcomesOf[operation], isOnce });

  /** Known to be ours before its first notification: a provider tells nothing more of a connection before that has been taken. */
  const expectNotifications = (connectionId: string | undefined): void => {
    if (connectionId !== undefined) callbacks?.inbox.know(connectionId, provider);
  };

  async function begin<O extends ChangeOperation>(
    operation: O,
    request: WireOf<O>,
    said: Said = {},
  ): Promise<Begun<O>> {
    const { correlationId = newCorrelationId() } = said;
    const expectation = expectOutcome(operation, correlationId);
    expectNotifications(request.connectionId);
    try {
      const response = await exchange(operation, request, correlationId, callbacks?.replyTo);
      const { connectionId } = { ...request, ...response } as { connectionId: string };
      expectNotifications(connectionId);
      const outcome = waitForOutcome(operation, correlationId, connectionId, expectation)
        .then((waited) => toOutcome(operation, waited))
        .finally(() => expectation?.end());
      outcome.catch(() => {});
      return { response, outcome };
    } catch (error) {
      expectation?.end();
      throw error;
    }
  }

  async function query<O extends QueryOperation>(operation: O, request: WireOf<O>): Promise<WireOf<OutcomeName<O>>> {
    if (Object.hasOwn(syncForms, operation)) {
      const sync = syncForms[operation as keyof typeof syncForms];
      return (await exchange(sync, request as never, newCorrelationId())) as WireOf<OutcomeName<O>>;
    }
    if (callbacks === undefined) throw new Error(`${operation} is answered by callback, and this client takes none`);
    const correlationId = newCorrelationId();
    const expectation = expectOutcome(operation, correlationId, true);
    try {
      await exchange(operation, request, correlationId, callbacks.replyTo);
      const waited = await waitForOutcome(operation, correlationId, undefined, expectation);
      return toOutcome(operation, waited).value as WireOf<OutcomeName<O>>;
    } finally {
      expectation?.end();
    }
  }

  /** Asked for again and again: what a callback has told already is not told again. */
  function follow(connectionId: string, tell: (notification: NotificationTold) => void): () => void {
    let isStopped = false;
    let cutShort = (): void => {};
    const heard = createHeardIds();
    const tellOnce = (kind: string, value: Notification['value']): void => {
      if (isStopped || !heard.hear(value.notificationId)) return;
      tell({ kind, value } as NotificationTold);
    };
    const unfollow = callbacks?.inbox.follow(connectionId, provider, ({ element, value }) => tellOnce(element, value));
    const catchUp = async (): Promise<void> => {
      const from = heard.lowestNotHeard();
      const range = from === 0 ? {} : { startNotificationId: from };
      const { notifications } = await exchange('queryNotificationSync', { connectionId, ...range }, newCorrelationId());
      for (const { element, value } of notifications) tellOnce(element, value);
      heard.hearAllUpTo(notifications.reduce((most, { value }) => Math.max(most, value.notificationId), -1));
    };
    const run = async (): Promise<void> => {
      while (!isStopped && !closed.signal.aborted) {
        // What a provider does not tell now it may tell the next time.
        await catchUp().catch(() => {});
        if (isStopped || closed.signal.aborted) return;
        const { over, end } = pause(callbacks === undefined ? pollMs : lookMs);
        cutShort = end;
        await over;
      }
    };
    void run();
    const stop = (): void => {
      isStopped = true;
      cutShort();
      unfollow?.();
      stops.delete(stop);
    };
    stops.add(stop);
    return stop;
  }

  return {
    send: (operation, request, { correlationId = newCorrelationId() } = {}) =>
      exchange(operation, request, correlationId),
    begin,
    perform: async (operation, request, said) => (await begin(operation, request, said)).outcome,
    query,
    follow,
    close() {
      closed.abort();
      for (const stop of [...stops]) stop();
      endAll();
      poster.close();
      schema.dispose();
    },
  };
}

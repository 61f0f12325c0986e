/**
 * Where callbacks find the requests that they are for. Results are matched by correlation id, notifications by their connection. What is heard
 * twice, or after its request has ended, is taken and of no consequence; what nobody has asked for is refused, so that its provider knows.
 */
import { canonicalSubject } from '../../lib/certificate-subject.js';
import type { CallbackSender, CallbackTaker, CallbackVerdict, WireCallback } from '../../wire/nsi/callbacks.js';
import { isNotificationName, type NotificationName, type RequesterOperation } from '../../wire/nsi/operations.js';

export interface CallbackProvider {
  nsaId: string;
  /** Subject of the client certificate that its callbacks come with. Absent: ids that nobody else knows are all that tells it from others. */
  certificate?: string;
}

export type Outcome = Extract<WireCallback, { element: Exclude<RequesterOperation, NotificationName> }>;
export type Notification = Extract<WireCallback, { element: NotificationName }>;

export interface NewExpectation {
  correlationId: string;
  provider: CallbackProvider;
  /** What the outcome may be, beside `error`. */
  kinds: readonly RequesterOperation[];
  /** Nobody asks under this correlation id again: once it is over its outcome is not kept. */
  isOnce?: boolean;
}

export interface Expectation {
  /** The first outcome to come; at once where it came to an earlier expectation of the same correlation id and is still kept. Never rejects. */
  outcome: Promise<Outcome>;
  /** The request is over, whatever else comes. */
  end(): void;
}

export interface CallbackInbox extends CallbackTaker {
  expect(expected: NewExpectation): Expectation;
  /** The connection is a reservation of ours: its notifications are taken, also while nobody follows it. */
  know(connectionId: string, provider: CallbackProvider): void;
  /** Each notification of the connection as often as it comes. The answer ends it. */
  follow(connectionId: string, provider: CallbackProvider, tell: (notification: Notification) => void): () => void;
}

interface Expected extends NewExpectation {
  /** Who waits for it; nobody: the request is over. */
  waiting: Set<(outcome: Outcome) => void>;
  outcome?: Outcome | undefined;
}

interface Followed {
  provider: CallbackProvider;
  listeners: Set<(notification: Notification) => void>;
}

/** Of requests and connections that are over so many are remembered, to know what comes late. */
const defaultRemembered = 10_000;
/** Of requests that are over so many outcomes are kept: one may be as long as a message. */
const defaultKept = 256;

type Refusal = Exclude<CallbackVerdict, 'taken'>;

const refusal = (refused: Refusal['refused'], what: string, variables: Record<string, string>): Refusal => ({
  refused,
  what,
  variables,
});

function refuseSender(
  { nsaId, certificate }: CallbackProvider,
  { header: { providerNsa } }: WireCallback,
  { subject }: CallbackSender,
): Refusal | undefined {
  if (providerNsa !== nsaId)
    return refusal('unauthorized', `'${providerNsa}' was not asked for this`, { providerNSA: providerNsa });
  if (certificate === undefined) return undefined;
  if (subject === undefined)
    return refusal('authenticationFailure', `'${nsaId}' shows a client certificate here`, { providerNSA: nsaId });
  if (canonicalSubject(subject) !== canonicalSubject(certificate))
    return refusal('unauthorized', `the client certificate is not that of '${nsaId}'`, { providerNSA: nsaId });
  return undefined;
}

/** Forgets what is over first, oldest first. */
function forget<T>(known: Map<string, T>, most: number, isOver: (entry: T) => boolean): void {
  if (known.size <= most) return;
  for (const [key, entry] of known) {
    if (isOver(entry)) known.delete(key);
    if (known.size <= most) return;
  }
}

export function createCallbackInbox(remembered = defaultRemembered, kept = defaultKept): CallbackInbox {
  const requests = new Map<string, Expected>();
  /** Requests that are over and whose outcome is there, oldest first. */
  const keeping = new Set<Expected>();
  const connections = new Map<string, Followed>();
  const keyOf = (nsaId: string, connectionId: string): string => JSON.stringify([nsaId, connectionId]);

  function keep(request: Expected): void {
    if (request.isOnce) request.outcome = undefined;
    if (request.outcome === undefined) return;
    keeping.add(request);
    const [oldest] = keeping;
    if (keeping.size <= kept || oldest === undefined) return;
    keeping.delete(oldest);
    oldest.outcome = undefined;
  }

  function knownConnection(connectionId: string, provider: CallbackProvider): Followed {
    const key = keyOf(provider.nsaId, connectionId);
    const followed = connections.get(key) ?? { provider, listeners: new Set() };
    // Again the newest.
    connections.delete(key);
    connections.set(key, followed);
    forget(connections, remembered, (other) => other !== followed && other.listeners.size === 0);
    return followed;
  }

  function takeOutcome(callback: Outcome, sender: CallbackSender): CallbackVerdict {
    const { element, header } = callback;
    const { correlationId } = header;
    const request = requests.get(correlationId);
    if (request === undefined)
      return refusal('payload', 'no request of ours has this correlation id', { correlationId });
    const refused = refuseSender(request.provider, callback, sender);
    if (refused !== undefined) return refused;
    if (element !== 'error' && !request.kinds.includes(element))
      return refusal('payload', `${element} is no outcome of what was asked under this correlation id`, {
        correlationId,
      });
    // Whatever comes after the first changes nothing.
    request.outcome ??= callback;
    for (const tell of request.waiting) tell(request.outcome);
    if (request.waiting.size === 0) keep(request);
    return 'taken';
  }

  function takeNotification(callback: Notification, sender: CallbackSender): CallbackVerdict {
    const { connectionId } = callback.value;
    const followed = connections.get(keyOf(callback.header.providerNsa, connectionId));
    if (followed === undefined)
      return refusal('reservationNonexistent', `no reservation of ours is ${connectionId} there`, { connectionId });
    const refused = refuseSender(followed.provider, callback, sender);
    if (refused !== undefined) return refused;
    for (const tell of followed.listeners) tell(callback);
    return 'taken';
  }

  return {
    take: (callback, sender) =>
      isNotificationName(callback.element)
        ? takeNotification(callback as Notification, sender)
        : takeOutcome(callback as Outcome, sender),
    expect(expected) {
      const request: Expected = requests.get(expected.correlationId) ?? { ...expected, waiting: new Set() };
      requests.set(expected.correlationId, request);
      keeping.delete(request);
      let tell: (outcome: Outcome) => void = () => {};
      const outcome = new Promise<Outcome>((resolve) => {
        tell = resolve;
      });
      request.waiting.add(tell);
      if (request.outcome !== undefined) tell(request.outcome);
      return {
        outcome,
        end() {
          if (!request.waiting.delete(tell) || request.waiting.size > 0) return;
          keep(request);
          forget(requests, remembered, ({ waiting }) => waiting.size === 0);
        },
      };
    },
    know(connectionId, provider) {
      knownConnection(connectionId, provider);
    },
    follow(connectionId, provider, tell) {
      const followed = knownConnection(connectionId, provider);
      followed.listeners.add(tell);
      return () => {
        followed.listeners.delete(tell);
        forget(connections, remembered, ({ listeners }) => listeners.size === 0);
      };
    },
  };
}

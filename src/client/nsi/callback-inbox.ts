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
}

export interface Expectation {
  /** The first outcome to come; at once where it came to an earlier expectation of the same correlation id. Never rejects. */
  outcome: Promise<Outcome>;
  /** The request is over, whatever else comes. */
  end(): void;
}

export interface CallbackInbox extends CallbackTaker {
  expect(expected: NewExpectation): Expectation;
  /** Each notification of the connection as often as it comes. The answer ends it. */
  follow(connectionId: string, provider: CallbackProvider, tell: (notification: Notification) => void): () => void;
}

interface Expected extends NewExpectation {
  isOver: boolean;
  outcome: Promise<Outcome>;
  tell: (outcome: Outcome) => void;
}

function newExpected(expected: NewExpectation): Expected {
  let tell: Expected['tell'] = () => {};
  const outcome = new Promise<Outcome>((resolve) => {
    tell = resolve;
  });
  return { ...expected, isOver: false, outcome, tell };
}

interface Followed {
  provider: CallbackProvider;
  listeners: Set<(notification: Notification) => void>;
}

/** Of requests and connections that are over so many are remembered, to know what comes late. */
const defaultRemembered = 10_000;

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

export function createCallbackInbox(remembered = defaultRemembered): CallbackInbox {
  const requests = new Map<string, Expected>();
  const connections = new Map<string, Followed>();
  const keyOf = (nsaId: string, connectionId: string): string => JSON.stringify([nsaId, connectionId]);

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
    request.tell(callback);
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
      const entry = requests.get(expected.correlationId) ?? newExpected(expected);
      entry.isOver = false;
      requests.set(expected.correlationId, entry);
      return {
        outcome: entry.outcome,
        end() {
          entry.isOver = true;
          forget(requests, remembered, ({ isOver }) => isOver);
        },
      };
    },
    follow(connectionId, provider, tell) {
      const key = keyOf(provider.nsaId, connectionId);
      const followed = connections.get(key) ?? { provider, listeners: new Set() };
      connections.set(key, followed);
      followed.listeners.add(tell);
      return () => {
        followed.listeners.delete(tell);
        forget(connections, remembered, ({ listeners }) => listeners.size === 0);
      };
    },
  };
}

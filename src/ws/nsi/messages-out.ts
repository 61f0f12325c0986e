/** What the domain says to NSI requesters, as the wire has it: states, exceptions, outcomes, notifications and answers to queries. */
import type { CallbackMessage, NsiNotification, NsiResult, RecordedResult } from '../../domain/nsi/messages.js';
import type { ServiceException } from '../../domain/nsi/service-exception.js';
import type { Reservation } from '../../domain/reservation/reservation.js';
import type { ConnectionStates } from '../../domain/reservation/states.js';
import type { notificationTypes, resultTypes, WireConnectionStates, WireOf } from '../../wire/nsi/connection-types.js';
import type { WireServiceException } from '../../wire/nsi/framework-types.js';
import type { RequesterOperation } from '../../wire/nsi/operations.js';
import { fromVersion } from './criteria-out.js';

const fromPairs = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs).map(([type, value]) => ({ type, values: [value], feedback: [], others: [] }));

export const fromException = ({ variables, ...exception }: ServiceException, nsa: string): WireServiceException => ({
  nsaId: nsa,
  ...exception,
  ...(Object.keys(variables).length === 0 ? {} : { variables: { variables: fromPairs(variables) } }),
  childExceptions: [],
});

/** NSI has a provision state from the beginning; before the first commit it is Released. */
export const fromStates = ({
  reservation,
  provision,
  lifecycle,
  dataPlane,
}: ConnectionStates): WireConnectionStates => ({
  reservationState: reservation,
  provisionState: provision ?? 'Released',
  lifecycleState: lifecycle,
  dataPlaneStatus: { active: dataPlane.active, version: dataPlane.version, versionConsistent: dataPlane.consistent },
});

type OfKind<M, K> = M extends { kind: infer N } ? (K extends N ? M : never) : never;
type Writers<M extends { kind: string }, W extends Record<M['kind'], unknown>> = {
  [K in M['kind']]: (message: OfKind<M, K>, nsa: string) => W[K];
};
type Written = { [E in RequesterOperation]: WireOf<E> };

const generic = ({ connectionId }: { connectionId: string }) => ({ connectionId });
const failed = (
  { connectionId, connectionStates, serviceException }: OfKind<NsiResult, 'reserveFailed'>,
  nsa: string,
): WireOf<'reserveFailed'> => ({
  connectionId,
  connectionStates: fromStates(connectionStates),
  serviceException: fromException(serviceException, nsa),
});

const resultWriters: Writers<NsiResult, Written> = {
  reserveConfirmed: ({ connectionId, globalReservationId, description, criteria }) => ({
    connectionId,
    globalReservationId,
    description,
    criteria: fromVersion(criteria, criteria.serviceType),
  }),
  reserveFailed: failed,
  reserveCommitFailed: failed,
  reserveCommitConfirmed: generic,
  reserveAbortConfirmed: generic,
  provisionConfirmed: generic,
  releaseConfirmed: generic,
  terminateConfirmed: generic,
  error: ({ serviceException }, nsa) => ({ serviceException: fromException(serviceException, nsa) }),
};

const notified = ({ connectionId, notificationId, timeStamp }: NsiNotification) => ({
  connectionId,
  notificationId,
  timeStamp,
});
/** An ultimate provider is where everything originates. */
const originating = ({ connectionId }: NsiNotification, nsa: string) => ({
  originatingConnectionId: connectionId,
  originatingNsa: nsa,
});

const notificationWriters: Writers<NsiNotification, Written> = {
  reserveTimeout: (message, nsa) => ({
    ...notified(message),
    timeoutValue: message.timeoutValue,
    ...originating(message, nsa),
  }),
  errorEvent: (message, nsa) => ({
    ...notified(message),
    event: message.event,
    ...originating(message, nsa),
    additionalInfo: { attributes: fromPairs(message.additionalInfo) },
    serviceException: fromException(message.serviceException, nsa),
  }),
  dataPlaneStateChange: (message) => ({ ...notified(message), dataPlaneStatus: message.dataPlaneStatus }),
  messageDeliveryTimeout: (message) => ({ ...notified(message), correlationId: message.correlationId }),
};

function fromReservation(reservation: Reservation) {
  const { connectionId, globalReservationId, description, committed, nsi, states, lastIds, requester } = reservation;
  return {
    connectionId,
    globalReservationId,
    description,
    criteria: committed === undefined ? [] : [fromVersion(committed, nsi?.serviceType)],
    // What came over rms.wsdl has no NSA: it is told by whom it was reserved.
    requesterNsa: nsi?.requesterNSA ?? `urn:iris:requester:${encodeURIComponent(requester)}`,
    connectionStates: fromStates(states),
    ...(lastIds === undefined || lastIds.notification === 0 ? {} : { notificationId: lastIds.notification }),
    ...(lastIds === undefined || lastIds.result === 0 ? {} : { resultId: lastIds.result }),
  };
}

type Notification = WireOf<'queryNotificationConfirmed'>['notifications'][number];
type Outcome = WireOf<'queryResultConfirmed'>['results'][number]['outcome'];

const fromNotification = (message: NsiNotification, nsa: string): Notification => {
  const write = notificationWriters[message.kind] as (message: NsiNotification, nsa: string) => unknown;
  return { element: message.kind satisfies keyof typeof notificationTypes, value: write(message, nsa) } as Notification;
};

const fromResult = ({ result, ...recorded }: RecordedResult, nsa: string) => {
  const write = resultWriters[result.kind] as (result: NsiResult, nsa: string) => unknown;
  const outcome = { element: result.kind satisfies keyof typeof resultTypes, value: write(result, nsa) } as Outcome;
  return { ...recorded, outcome };
};

const messageWriters: Writers<CallbackMessage, Written> = {
  ...resultWriters,
  ...notificationWriters,
  querySummaryConfirmed: ({ reservations, lastModified }) => ({
    reservations: reservations.map(fromReservation),
    lastModified,
  }),
  queryRecursiveConfirmed: ({ reservations }) => ({ reservations: reservations.map(fromReservation) }),
  queryNotificationConfirmed: ({ notifications }, nsa) => ({
    notifications: notifications.map((notification) => fromNotification(notification, nsa)),
  }),
  queryResultConfirmed: ({ results }, nsa) => ({ results: results.map((result) => fromResult(result, nsa)) }),
};

/** The body of a callback: its element is the message's kind. `nsa` is ours. */
export function fromMessage<M extends CallbackMessage>(
  message: M,
  nsa: string,
): WireOf<M['kind'] & RequesterOperation> {
  const write = messageWriters[message.kind] as (message: unknown, nsa: string) => unknown;
  return write(message, nsa) as WireOf<M['kind'] & RequesterOperation>;
}

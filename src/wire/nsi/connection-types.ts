/** The types of wsdl/nsi/connection-types.xsd as tables; what they mean is documented there. The states are the domain's words, too. */
import {
  attribute,
  choice,
  either,
  later,
  many,
  nillable,
  one,
  oneOf,
  optional,
  type RecordType,
  record,
  scalar,
  some,
  type ValueOf,
  wildcard,
} from '../xml/schema-type.js';
import { connectionId, dateTime, nsaId, serviceException, typeValuePairList, uuid } from './framework-types.js';
import { connectionVocabulary } from './namespaces.js';

const text = scalar('xsd:string', 'text');
const int = scalar('xsd:int', 'int');
const boolean = scalar('xsd:boolean', 'boolean');
/** Without a zone it is UTC. */
const anyTime = scalar('xsd:dateTime', 'time');
const globalReservationId = scalar('GlobalReservationIdType', 'uri');
const notificationId = scalar('NotificationIdType', 'long');
const resultId = scalar('ResultIdType', 'long');

const event = oneOf('EventEnumType', ['activateFailed', 'deactivateFailed', 'dataplaneError', 'forcedEnd']);
const reservationState = oneOf('ReservationStateEnumType', [
  'ReserveStart',
  'ReserveChecking',
  'ReserveFailed',
  'ReserveAborting',
  'ReserveHeld',
  'ReserveCommitting',
  'ReserveTimeout',
]);
const provisionState = oneOf('ProvisionStateEnumType', ['Released', 'Provisioning', 'Provisioned', 'Releasing']);
const lifecycleState = oneOf('LifecycleStateEnumType', [
  'Created',
  'Failed',
  'PassedEndTime',
  'Terminating',
  'Terminated',
]);

// Parts

const schedule = record('ScheduleType', {
  startTime: nillable(optional(dateTime)),
  endTime: nillable(optional(dateTime)),
});

const dataPlaneStatus = record('DataPlaneStatusType', {
  active: one(boolean),
  version: one(int),
  versionConsistent: one(boolean),
});

const connectionStates = record('ConnectionStatesType', {
  reservationState: one(reservationState),
  provisionState: one(provisionState),
  lifecycleState: one(lifecycleState),
  dataPlaneStatus: one(dataPlaneStatus),
});

const requestCriteria = record('ReservationRequestCriteriaType', {
  schedule: optional(schedule),
  serviceType: optional(text),
  services: wildcard,
  version: attribute(optional(int)),
});

const confirmCriteria = record('ReservationConfirmCriteriaType', {
  schedule: one(schedule),
  serviceType: one(text),
  services: wildcard,
  version: attribute(one(int)),
});

// Reserving, and what the other operations have in common

const reserve = record('ReserveType', {
  connectionId: optional(connectionId),
  globalReservationId: optional(globalReservationId),
  description: optional(text),
  criteria: one(requestCriteria),
});

const reserveResponse = record('ReserveResponseType', { connectionId: one(connectionId) });

const reserveConfirmed = record('ReserveConfirmedType', {
  connectionId: one(connectionId),
  globalReservationId: optional(globalReservationId),
  description: optional(text),
  criteria: one(confirmCriteria),
});

const genericRequest = record('GenericRequestType', { connectionId: one(connectionId) });
const genericConfirmed = record('GenericConfirmedType', { connectionId: one(connectionId) });
const genericFailed = record('GenericFailedType', {
  connectionId: one(connectionId),
  connectionStates: one(connectionStates),
  serviceException: one(serviceException),
});
const genericError = record('GenericErrorType', { serviceException: one(serviceException) });
const acknowledgment = record('GenericAcknowledgmentType', {});

// Notifications

const notificationBase = {
  connectionId: one(connectionId),
  notificationId: one(notificationId),
  timeStamp: one(dateTime),
};

const errorEvent = record('ErrorEventType', {
  ...notificationBase,
  event: one(event),
  originatingConnectionId: one(connectionId),
  originatingNsa: { ...one(nsaId), element: 'originatingNSA' },
  additionalInfo: optional(typeValuePairList),
  serviceException: optional(serviceException),
});

const reserveTimeout = record('ReserveTimeoutRequestType', {
  ...notificationBase,
  timeoutValue: one(int),
  originatingConnectionId: one(connectionId),
  originatingNsa: { ...one(nsaId), element: 'originatingNSA' },
});

const dataPlaneStateChange = record('DataPlaneStateChangeRequestType', {
  ...notificationBase,
  dataPlaneStatus: one(dataPlaneStatus),
});

const messageDeliveryTimeout = record('MessageDeliveryTimeoutRequestType', {
  ...notificationBase,
  correlationId: one(uuid),
});

// Queries

const query = record('QueryType', {
  connectionIds: either('id', many('connectionId', connectionId)),
  globalReservationIds: either('id', many('globalReservationId', globalReservationId)),
  ifModifiedSince: optional(anyTime),
});

const childSummary = record('ChildSummaryType', {
  connectionId: one(connectionId),
  providerNsa: { ...one(nsaId), element: 'providerNSA' },
  serviceType: one(text),
  services: wildcard,
  order: attribute(one(int)),
});

const summaryCriteria = record('QuerySummaryResultCriteriaType', {
  schedule: one(schedule),
  serviceType: one(text),
  children: optional(record('ChildSummaryListType', { children: many('child', childSummary) })),
  services: wildcard,
  version: attribute(one(int)),
});

const summaryResult = record('QuerySummaryResultType', {
  connectionId: one(connectionId),
  globalReservationId: optional(globalReservationId),
  description: optional(text),
  criteria: many('criteria', summaryCriteria),
  requesterNsa: { ...one(nsaId), element: 'requesterNSA' },
  connectionStates: one(connectionStates),
  notificationId: optional(notificationId),
  resultId: optional(resultId),
});

const querySummaryConfirmed = record('QuerySummaryConfirmedType', {
  reservations: many('reservation', summaryResult),
  lastModified: optional(anyTime),
});

export interface WireChild {
  connectionId: string;
  providerNsa: string;
  connectionStates: WireConnectionStates;
  criteria: WireRecursiveCriteria[];
  order: number;
}

const recursiveCriteria = record('QueryRecursiveResultCriteriaType', {
  schedule: one(schedule),
  serviceType: one(text),
  children: optional(
    record('ChildRecursiveListType', {
      children: many(
        'child',
        later<WireChild>('ChildRecursiveType', (): RecordType => childRecursive),
      ),
    }),
  ),
  services: wildcard,
  version: attribute(one(int)),
});

const childRecursive = record('ChildRecursiveType', {
  connectionId: one(connectionId),
  providerNsa: { ...one(nsaId), element: 'providerNSA' },
  connectionStates: one(connectionStates),
  criteria: some('criteria', recursiveCriteria),
  order: attribute(one(int)),
});

const recursiveResult = record('QueryRecursiveResultType', {
  connectionId: one(connectionId),
  globalReservationId: optional(globalReservationId),
  description: optional(text),
  criteria: many('criteria', recursiveCriteria),
  requesterNsa: { ...one(nsaId), element: 'requesterNSA' },
  connectionStates: one(connectionStates),
  notificationId: optional(notificationId),
  resultId: optional(resultId),
});

const queryRecursiveConfirmed = record('QueryRecursiveConfirmedType', {
  reservations: many('reservation', recursiveResult),
});

const queryNotification = record('QueryNotificationType', {
  connectionId: one(connectionId),
  startNotificationId: optional(notificationId),
  endNotificationId: optional(notificationId),
});

export const notificationTypes = { errorEvent, reserveTimeout, dataPlaneStateChange, messageDeliveryTimeout } as const;

const queryNotificationConfirmed = record('QueryNotificationConfirmedType', {
  notifications: many('notification', choice(connectionVocabulary.namespace, notificationTypes)),
});

const queryResult = record('QueryResultType', {
  connectionId: one(connectionId),
  startResultId: optional(resultId),
  endResultId: optional(resultId),
});

export const resultTypes = {
  reserveConfirmed,
  reserveFailed: genericFailed,
  reserveCommitConfirmed: genericConfirmed,
  reserveCommitFailed: genericFailed,
  reserveAbortConfirmed: genericConfirmed,
  provisionConfirmed: genericConfirmed,
  releaseConfirmed: genericConfirmed,
  terminateConfirmed: genericConfirmed,
  error: genericError,
} as const;

const queryResultResponse = record('QueryResultResponseType', {
  resultId: one(resultId),
  correlationId: one(uuid),
  timeStamp: one(dateTime),
  outcome: one(choice(connectionVocabulary.namespace, resultTypes)),
});

const queryResultConfirmed = record('QueryResultConfirmedType', { results: many('result', queryResultResponse) });

/** Every global element of the namespace, and its type. */
export const connectionElements = {
  reserve,
  reserveResponse,
  reserveCommit: genericRequest,
  reserveAbort: genericRequest,
  provision: genericRequest,
  release: genericRequest,
  terminate: genericRequest,
  querySummary: query,
  querySummaryConfirmed,
  queryRecursive: query,
  queryRecursiveConfirmed,
  querySummarySync: query,
  querySummarySyncConfirmed: querySummaryConfirmed,
  queryNotification,
  queryNotificationConfirmed,
  queryNotificationSync: queryNotification,
  queryNotificationSyncConfirmed: queryNotificationConfirmed,
  queryResult,
  queryResultConfirmed,
  queryResultSync: queryResult,
  queryResultSyncConfirmed: queryResultConfirmed,
  ...resultTypes,
  ...notificationTypes,
  acknowledgment,
  serviceException,
} as const;

export type ConnectionElement = keyof typeof connectionElements;
export type WireOf<E extends ConnectionElement> = ValueOf<(typeof connectionElements)[E]>;

export type WireSchedule = ValueOf<typeof schedule>;
export type WireRequestCriteria = ValueOf<typeof requestCriteria>;
export type WireConfirmCriteria = ValueOf<typeof confirmCriteria>;
export type WireConnectionStates = ValueOf<typeof connectionStates>;
export type WireRecursiveCriteria = {
  schedule: WireSchedule;
  serviceType: string;
  children?: { children: WireChild[] };
  services: WireRequestCriteria['services'];
  version: number;
};

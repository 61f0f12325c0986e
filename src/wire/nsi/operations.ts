/** What a provider and a requester listen to, and what each message is answered with (connection-provider.wsdl, connection-requester.wsdl). */
import type { ConnectionElement } from './connection-types.js';

interface Operation {
  readonly response: ConnectionElement;
  /** The detail of its faults. */
  readonly fault: 'serviceException' | 'error';
}

const acknowledged = { response: 'acknowledgment', fault: 'serviceException' } as const;

/** Element of the request → response. What is acknowledged has its outcome sent later. */
export const providerOperations = {
  reserve: { response: 'reserveResponse', fault: 'serviceException' },
  reserveCommit: acknowledged,
  reserveAbort: acknowledged,
  provision: acknowledged,
  release: acknowledged,
  terminate: acknowledged,
  querySummary: acknowledged,
  querySummarySync: { response: 'querySummarySyncConfirmed', fault: 'error' },
  queryRecursive: acknowledged,
  queryNotification: acknowledged,
  queryNotificationSync: { response: 'queryNotificationSyncConfirmed', fault: 'error' },
  queryResult: acknowledged,
  queryResultSync: { response: 'queryResultSyncConfirmed', fault: 'error' },
} as const satisfies Partial<Record<ConnectionElement, Operation>>;

export type ProviderOperation = keyof typeof providerOperations;
export const providerOperationNames = Object.keys(providerOperations) as ProviderOperation[];
export const isProviderOperation = (word: string): word is ProviderOperation => Object.hasOwn(providerOperations, word);

/** Callbacks: every one is acknowledged. */
export const requesterOperationNames = [
  'reserveConfirmed',
  'reserveFailed',
  'reserveCommitConfirmed',
  'reserveCommitFailed',
  'reserveAbortConfirmed',
  'provisionConfirmed',
  'releaseConfirmed',
  'terminateConfirmed',
  'querySummaryConfirmed',
  'queryRecursiveConfirmed',
  'queryNotificationConfirmed',
  'queryResultConfirmed',
  'error',
  'errorEvent',
  'reserveTimeout',
  'dataPlaneStateChange',
  'messageDeliveryTimeout',
] as const satisfies readonly ConnectionElement[];
export type RequesterOperation = (typeof requesterOperationNames)[number];

export const isRequesterOperation = (word: string): word is RequesterOperation =>
  (requesterOperationNames as readonly string[]).includes(word);

/** Callbacks that are no outcome of a request: they bear a correlation id of their own. */
export const notificationNames = [
  'errorEvent',
  'reserveTimeout',
  'dataPlaneStateChange',
  'messageDeliveryTimeout',
] as const;
export type NotificationName = (typeof notificationNames)[number];
export const isNotificationName = (word: string): word is NotificationName =>
  (notificationNames as readonly string[]).includes(word);

/** What is acknowledged → the callbacks that may be its outcome, beside `error`. */
export const outcomesOf = {
  reserve: ['reserveConfirmed', 'reserveFailed'],
  reserveCommit: ['reserveCommitConfirmed', 'reserveCommitFailed'],
  reserveAbort: ['reserveAbortConfirmed'],
  provision: ['provisionConfirmed'],
  release: ['releaseConfirmed'],
  terminate: ['terminateConfirmed'],
  querySummary: ['querySummaryConfirmed'],
  queryRecursive: ['queryRecursiveConfirmed'],
  queryNotification: ['queryNotificationConfirmed'],
  queryResult: ['queryResultConfirmed'],
} as const satisfies Partial<Record<ProviderOperation, readonly RequesterOperation[]>>;
/** Operations whose outcome comes later. */
export type LaterOperation = keyof typeof outcomesOf;
export type OutcomeName<O extends LaterOperation> = (typeof outcomesOf)[O][number];

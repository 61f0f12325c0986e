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

/**
 * What Iris says to an NSI requester of its own accord, as data: names and spelling are those of ogf_nsi_connection_types_v2_0.xsd,
 * times are Dates, and our own NSA id is added by whoever writes the bytes. What is stored and sent is exactly this.
 */
import type { ErrorEvent, Reservation, ReservationVersion } from '../reservation/reservation.js';
import type { ConnectionStates } from '../reservation/states.js';
import type { ServiceException } from './service-exception.js';

/** The version held, without user data; the writer makes its service element of criteria and place. */
export interface ConfirmedCriteria
  extends Pick<ReservationVersion, 'version' | 'criteria' | 'placed' | 'start' | 'end'> {
  serviceType?: string;
}

export const genericConfirmations = [
  'reserveCommitConfirmed',
  'reserveAbortConfirmed',
  'provisionConfirmed',
  'releaseConfirmed',
  'terminateConfirmed',
] as const;
export type GenericConfirmation = (typeof genericConfirmations)[number];

/** The outcome of one request. */
export type NsiResult =
  | {
      kind: 'reserveConfirmed';
      connectionId: string;
      globalReservationId?: string;
      description?: string;
      criteria: ConfirmedCriteria;
    }
  | { kind: GenericConfirmation; connectionId: string }
  | {
      kind: 'reserveFailed' | 'reserveCommitFailed';
      connectionId: string;
      connectionStates: ConnectionStates;
      serviceException: ServiceException;
    }
  | { kind: 'error'; serviceException: ServiceException };

/** A result as queryResult tells it: ids are 1, 2, 3 … per connection and never used again. */
export interface RecordedResult {
  resultId: number;
  /** Of the request. */
  correlationId: string;
  timeStamp: Date;
  result: NsiResult;
}

/** What happened without being asked for, before it has a number. Its originatingConnectionId is the connection's own. */
export type NsiEvent =
  | { kind: 'reserveTimeout'; timeoutValue: number }
  | {
      kind: 'errorEvent';
      event: ErrorEvent['event'];
      /** Type → value, such as the node concerned. */
      additionalInfo: Readonly<Record<string, string>>;
      serviceException: ServiceException;
    }
  | { kind: 'dataPlaneStateChange'; dataPlaneStatus: DataPlaneStatus }
  /** `correlationId`: of the message that did not arrive. */
  | { kind: 'messageDeliveryTimeout'; correlationId: string };

/** NSI's dataPlaneStatus. */
export interface DataPlaneStatus {
  active: boolean;
  version: number;
  versionConsistent: boolean;
}

/** Notification ids are 1, 2, 3 … per connection and never used again. */
export type NsiNotification = NsiEvent & { connectionId: string; notificationId: number; timeStamp: Date };

/** The answer to a query that was asked with a replyTo. */
export type QueryConfirmation =
  | { kind: 'querySummaryConfirmed'; reservations: Reservation[]; lastModified?: Date }
  | { kind: 'queryRecursiveConfirmed'; reservations: Reservation[] }
  | { kind: 'queryNotificationConfirmed'; notifications: NsiNotification[] }
  | { kind: 'queryResultConfirmed'; results: RecordedResult[] };

export type CallbackMessage = NsiResult | NsiNotification | QueryConfirmation;

/** One message to one requester. */
export interface Callback {
  /** Orders it: the messages of a connection arrive as they were caused. Absent for the answer to a query. */
  connectionId?: string;
  /** Of the request that it answers; of a notification its own. */
  correlationId: string;
  requesterNSA: string;
  replyTo: string;
  message: CallbackMessage;
}

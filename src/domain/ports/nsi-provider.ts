/**
 * What the NSI face asks of the engine, beside what every face may. An operation answers at once: with whose it was, or by throwing an
 * IrisError, which is a fault and has changed nothing. Its outcome is a result, recorded, and queued as a callback where the
 * call names a `replyTo`, in the same transaction. A repeated correlation id gets the same answer and changes nothing.
 */

import type { NsiNotification, QueryConfirmation, RecordedResult } from '../nsi/messages.js';
import type { NsiCall } from '../nsi/nsi-call.js';
import type { Reservation } from '../reservation/reservation.js';
import type { Criteria } from '../vi/criteria.js';
import type { CallContext } from './store.js';

export interface NsiContext extends CallContext {
  nsi: NsiCall;
}

export interface NsiReserveRequest {
  globalReservationId?: string;
  description?: string;
  serviceType?: string;
  /** The number of the first version; 1 if absent or 0. */
  version?: number;
  criteria: Criteria;
}

/** Absent means unchanged, null means now (start) or open-ended (end). */
export interface ScheduleChange {
  start?: Date | null;
  end?: Date | null;
}

export interface NsiModifyRequest {
  connectionId: string;
  /** Higher than the version in force; the next if absent. */
  version?: number;
  schedule?: ScheduleChange;
  /** What is named takes the place of what is in force; a whole service of all of it. */
  service?: Partial<Omit<Criteria, 'schedule'>>;
  /** Of a circuit whose ends stay as they are. */
  capacityMbit?: number;
}

/** Either ids or global ids; neither: everything that the requester may see. */
export interface QuerySummaryRequest {
  connectionIds?: string[];
  globalReservationIds?: string[];
  ifModifiedSince?: Date;
}

export interface QuerySummary {
  /** In the order in which they were made. `lastIds` has the newest notification and result, `nsi` the requester. */
  reservations: Reservation[];
  /** The newest change among them. */
  lastModified?: Date;
}

/** Ids, both ends included; absent: from the oldest, to the newest that there is. */
export interface IdRange {
  connectionId: string;
  from?: number;
  to?: number;
}

/** All that NSI's answers to requests have; what became of one is its result. */
export type Acknowledged = Pick<Reservation, 'connectionId'>;

export interface NsiProvider {
  /**
   * Where the hold fails for want of resources the reservation exists all the same, in ReserveFailed, and the result is reserveFailed. What
   * is malformed or not allowed is a fault.
   */
  reserve(context: NsiContext, request: NsiReserveRequest): Promise<Acknowledged>;
  /** The same; from ReserveFailed, reserveAbort leads back to the version in force. */
  modify(context: NsiContext, request: NsiModifyRequest): Promise<Acknowledged>;
  /** After the hold has timed out: acknowledged, the result is reserveCommitFailed, and the state stays ReserveTimeout. */
  reserveCommit(context: NsiContext, connectionId: string): Promise<Acknowledged>;
  reserveAbort(context: NsiContext, connectionId: string): Promise<Acknowledged>;
  /** Confirmed when the state is Provisioned: at once before the start time, or when the data plane stands. */
  provision(context: NsiContext, connectionId: string): Promise<Acknowledged>;
  release(context: NsiContext, connectionId: string): Promise<Acknowledged>;
  terminate(context: NsiContext, connectionId: string): Promise<Acknowledged>;
  querySummary(context: NsiContext, request: QuerySummaryRequest): Promise<QuerySummary>;
  queryNotification(context: NsiContext, range: IdRange): Promise<NsiNotification[]>;
  queryResult(context: NsiContext, range: IdRange): Promise<RecordedResult[]>;
  /** Queues the answer to a query that was asked with a `replyTo`; a fault where there is none. Queries are exempt from idempotence. */
  confirmQuery(context: NsiContext, confirmation: QueryConfirmation): Promise<void>;
  /** Throws what a request with this replyTo is refused with: malformed, not on the allow-list, plain HTTP where that is not allowed. */
  checkReplyTo(context: NsiContext): void;
}

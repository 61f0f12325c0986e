/** What a turn tells NSI requesters, gathered while messages go through the machines and written when the turn is closed. */
import { randomUUID } from 'node:crypto';
import { IrisError } from '../domain/errors/iris-error.js';
import { type AwaitedAnswer, beginningOf, confirmationOf, deriveOutcome } from '../domain/nsi/awaited.js';
import { deriveDataPlaneEvents, deriveForcedEnd, toErrorNotification } from '../domain/nsi/events.js';
import type { NsiEvent, NsiResult } from '../domain/nsi/messages.js';
import type { NsiCall } from '../domain/nsi/nsi-call.js';
import { toServiceException } from '../domain/nsi/service-exception.js';
import { type Told, toMessages } from '../domain/nsi/told.js';
import type { CallContext, Messages } from '../domain/ports/store.js';
import type { ErrorEvent, LastIds, Reservation } from '../domain/reservation/reservation.js';
import type { MessageType } from '../domain/reservation/state-tables.js';
import type { ConnectionStates } from '../domain/reservation/states.js';
import { withoutSecrets } from './answer.js';

/** The NSI request that a turn serves. */
export interface Asked extends NsiCall {
  operation: string;
  correlationId: string;
}

/** The part of a turn that is about telling. */
interface Teller {
  readonly asked: Asked | undefined;
  reservation: Reservation;
  told: Told[];
}

export const toAsked = ({ nsi, correlationId }: CallContext, operation: string): Asked | undefined =>
  nsi && { ...nsi, operation, correlationId };

export const newCorrelationId = (): string => `urn:uuid:${randomUUID()}`;

export function tellEvent(teller: Teller, event: NsiEvent, recordOnly = false): void {
  teller.told.push({ type: 'event', event, ...(recordOnly ? { recordOnly } : {}) });
}

export const tellProblem = (teller: Teller, event: ErrorEvent): void =>
  tellEvent(teller, toErrorNotification(teller.reservation.connectionId, event));

function tellOutcome(teller: Teller, call: Asked | AwaitedAnswer, result: NsiResult): void {
  const { requesterNSA, replyTo, correlationId } = call;
  teller.told.push({
    type: 'outcome',
    call: { requesterNSA, ...(replyTo === undefined ? {} : { replyTo }), correlationId },
    result,
  });
}

/** To who asked for this turn; nobody where that was not over NSI. */
export function tellFailure(teller: Teller, kind: 'reserveFailed' | 'reserveCommitFailed', error: IrisError): void {
  const { asked, reservation } = teller;
  if (asked === undefined) return;
  const { connectionId, states: connectionStates } = reservation;
  const serviceException = toServiceException(error, connectionId);
  tellOutcome(teller, asked, { kind, connectionId, connectionStates, serviceException });
}

function toReserveConfirmed(reservation: Reservation): NsiResult {
  const { connectionId, globalReservationId, description, nsi, held } = withoutSecrets(reservation);
  if (held === undefined) throw new Error(`${connectionId} is held without a version`);
  const { version, criteria, placed, start, end } = held;
  return {
    kind: 'reserveConfirmed',
    connectionId,
    ...(globalReservationId === undefined ? {} : { globalReservationId }),
    ...(description === undefined ? {} : { description }),
    criteria: {
      version,
      criteria,
      placed,
      start,
      ...(end === undefined ? {} : { end }),
      ...(nsi?.serviceType === undefined ? {} : { serviceType: nsi.serviceType }),
    },
  };
}

/** Requests whose outcome is known as soon as the engine has spoken. */
const confirmedBy: Partial<Record<MessageType, (reservation: Reservation) => NsiResult>> = {
  'engine.held': toReserveConfirmed,
  'engine.committed': ({ connectionId }) => ({ kind: 'reserveCommitConfirmed', connectionId }),
  'engine.aborted': ({ connectionId }) => ({ kind: 'reserveAbortConfirmed', connectionId }),
};

/** Before the outputs of a message are served: who asked for it waits, and what it changed is news. */
export function tellBeginning(teller: Teller, before: ConnectionStates, message: MessageType, reason: string): void {
  const { asked, reservation } = teller;
  const operation = beginningOf[message];
  if (asked !== undefined && operation !== undefined && operation === asked.operation) {
    const { correlationId, requesterNSA, replyTo } = asked;
    const answer = { operation, correlationId, requesterNSA, ...(replyTo === undefined ? {} : { replyTo }) };
    teller.reservation = { ...reservation, awaited: [...(reservation.awaited ?? []), answer] };
  }
  for (const event of [
    ...deriveDataPlaneEvents(before, reservation.states),
    ...deriveForcedEnd(reservation.connectionId, message, reason),
  ])
    tellEvent(teller, event);
}

function toSuperseded({ operation }: AwaitedAnswer, { connectionId, states }: Reservation): NsiResult {
  const { reservation, provision = 'Released', lifecycle } = states;
  const error = new IrisError('invalidTransition', {
    what: `${operation} did not come about: the states are now ${reservation}, ${provision}, ${lifecycle}`,
    variables: {
      message: operation,
      reservationState: reservation,
      provisionState: provision,
      lifecycleState: lifecycle,
    },
    connectionId,
  });
  return { kind: 'error', serviceException: toServiceException(error) };
}

/** After the outputs of a message have been served: outcomes that are known now. */
export function tellOutcomes(teller: Teller, message: MessageType): void {
  const confirm = confirmedBy[message];
  if (teller.asked !== undefined && confirm !== undefined)
    tellOutcome(teller, teller.asked, confirm(teller.reservation));
  const { awaited, ...rest } = teller.reservation;
  if (awaited === undefined) return;
  const waiting = awaited.filter((answer) => {
    const outcome = deriveOutcome(answer.operation, rest.states);
    if (outcome === 'confirmed')
      tellOutcome(teller, answer, { kind: confirmationOf[answer.operation], connectionId: rest.connectionId });
    if (outcome === 'superseded') tellOutcome(teller, answer, toSuperseded(answer, rest));
    return outcome === undefined;
  });
  if (waiting.length === awaited.length) return;
  teller.reservation = waiting.length === 0 ? rest : { ...rest, awaited: waiting };
}

/** Undefined where there is nothing to tell. */
export const toWritten = (
  { reservation, told }: Teller,
  now: Date,
): { messages: Messages; lastIds: LastIds } | undefined =>
  told.length === 0 ? undefined : toMessages(reservation, told, now, newCorrelationId);

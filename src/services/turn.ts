/**
 * One reservation's turn in one transaction: messages go through the state machines, their outputs become statements, and `closeTurn`
 * writes states, history and due work once. The reservation's row must be locked.
 */
import { isDeepStrictEqual } from 'node:util';
import { IrisError } from '../domain/errors/iris-error.js';
import type { Told } from '../domain/nsi/told.js';
import type { DueWork, DueWorkKind, StoreTransaction, Transition, TurnRecord } from '../domain/ports/store.js';
import type { ErrorEvent, Reservation } from '../domain/reservation/reservation.js';
import type { OutputType } from '../domain/reservation/state-tables.js';
import { type Message, type Refusal, step, wasEverBuilt } from '../domain/reservation/step.js';
import { type Asked, tellBeginning, tellOutcomes, tellProblem, toWritten } from './telling.js';

export interface Turn {
  readonly transaction: StoreTransaction;
  /** Database time at the beginning of the turn. */
  readonly now: Date;
  readonly correlationId: string | undefined;
  /** The NSI request that it serves. */
  readonly asked: Asked | undefined;
  /** As it is after the messages so far. */
  reservation: Reservation;
  statesBefore: Reservation['states'];
  awaitedBefore: Reservation['awaited'];
  nsiBefore: Reservation['nsi'];
  transitions: Transition[];
  work: DueWork[];
  cancelled: DueWorkKind[];
  errorEvent: ErrorEvent | null | undefined;
  /** For NSI requesters. */
  told: Told[];
}

export function openTurn(
  transaction: StoreTransaction,
  reservation: Reservation,
  now: Date,
  correlationId?: string,
  asked?: Asked,
): Turn {
  return {
    transaction,
    now,
    correlationId,
    asked,
    reservation,
    statesBefore: reservation.states,
    awaitedBefore: reservation.awaited,
    nsiBefore: reservation.nsi,
    transitions: [],
    work: [],
    cancelled: [],
    errorEvent: undefined,
    told: [],
  };
}

function schedule(turn: Turn, kind: DueWorkKind, runAt: Date): void {
  turn.work.push({ kind, connectionId: turn.reservation.connectionId, runAt });
}

/** What this turn itself has scheduled is not scheduled any more. */
function cancel(turn: Turn, kind: DueWorkKind): void {
  turn.cancelled.push(kind);
  turn.work = turn.work.filter((asked) => asked.kind !== kind);
}

const laterOf = (a: Date, b: Date): Date => (a > b ? a : b);

/** What the outputs of the state machines mean here. */
const serveOutput: Record<OutputType, (turn: Turn) => Promise<void> | void> = {
  startHoldTimer(turn) {
    if (turn.reservation.held !== undefined) schedule(turn, 'holdTimeout', turn.reservation.held.holdExpires);
  },
  stopHoldTimer: (turn) => cancel(turn, 'holdTimeout'),
  startEndTimer(turn) {
    const { committed, held } = turn.reservation;
    const end = (committed ?? held)?.end;
    if (end !== undefined) schedule(turn, 'endTime', end);
  },
  async commitHold(turn) {
    const { held, ...rest } = turn.reservation;
    if (held === undefined) throw new Error(`${rest.connectionId} is held without a version`);
    const { holdExpires: _expired, ...version } = held;
    const before = rest.committed;
    const mayStand = wasEverBuilt(rest.states);
    await turn.transaction.commitVersion(rest.connectionId, held.version, mayStand ? 'replaced' : 'dropped');
    turn.reservation = {
      ...rest,
      committed: { ...version, state: 'committed' },
      ...(before !== undefined && mayStand
        ? { replaced: [...(rest.replaced ?? []), { version: before.version, placed: before.placed }] }
        : {}),
    };
  },
  async dropHold(turn) {
    const { held, ...rest } = turn.reservation;
    if (held === undefined) return;
    await turn.transaction.dropVersion(rest.connectionId, held.version);
    turn.reservation = rest;
  },
  async freeAll(turn) {
    await turn.transaction.dropAllocations(turn.reservation.connectionId);
    // It is over: there is no end to wait for any more.
    cancel(turn, 'endTime');
  },
  async dropReplaced(turn) {
    const { replaced = [], ...rest } = turn.reservation;
    for (const { version } of replaced) await turn.transaction.dropVersion(rest.connectionId, version);
    turn.reservation = rest;
  },
  async build(turn) {
    const { committed, replaced } = turn.reservation;
    const start = committed?.start ?? turn.now;
    const stands = replaced !== undefined;
    schedule(turn, 'reconcile', stands ? turn.now : laterOf(start, turn.now));
    if (start > turn.now && !stands) await take(turn, { type: 'reconciler.awaitingStart' }, 'reconciler');
  },
  async tearDown(turn) {
    if (wasEverBuilt(turn.reservation.states)) schedule(turn, 'reconcile', turn.now);
    else {
      cancel(turn, 'reconcile');
      await take(turn, { type: 'reconciler.removed' }, 'reconciler', 'nothing of it was ever built');
    }
  },
};

/** The message goes through; or the refusal, and nothing has changed. `by`: whom the history names. */
export async function take(turn: Turn, message: Message, by: string, reason?: string): Promise<Refusal | undefined> {
  const before = turn.reservation.states;
  const result = step(before, message);
  if ('refused' in result) return result;
  const { connectionId } = turn.reservation;
  turn.reservation = { ...turn.reservation, states: result.states };
  turn.transitions.push(
    ...result.changes.map((change) => ({
      connectionId,
      ...change,
      by,
      ...(turn.correlationId === undefined ? {} : { correlationId: turn.correlationId }),
      ...(reason === undefined ? {} : { reason }),
    })),
  );
  tellBeginning(turn, before, message.type, reason ?? `by ${by}`);
  for (const output of result.outputs) await serveOutput[output](turn);
  tellOutcomes(turn, message.type);
  return undefined;
}

export function toIrisError(refusal: Refusal, connectionId: string): IrisError {
  const { message, ...states } = refusal.variables;
  const where = Object.entries(states)
    .map(([name, state]) => `${name} ${state}`)
    .join(', ');
  return new IrisError(refusal.refused, {
    what: `${message} is not possible: ${where}`,
    variables: { connectionId, ...refusal.variables },
    connectionId,
  });
}

/** Said with the same words: no news. */
const isSameProblem = (one: ErrorEvent | undefined, other: ErrorEvent): boolean =>
  one?.event === other.event && one.node === other.node && one.text === other.text;

/** Whether this very problem is known already, and that waiting will not cure it. */
export const isKnownForGood = ({ reservation }: Turn, event: ErrorEvent): boolean =>
  reservation.errorEvent?.permanent === true && isSameProblem(reservation.errorEvent, event);

/** The newest problem, or null when something has succeeded since; said again with the same words it keeps its time. */
export function noteError(turn: Turn, event: ErrorEvent | null): void {
  const { errorEvent: known, ...rest } = turn.reservation;
  if (event === null) {
    if (known !== undefined) turn.errorEvent = null;
    turn.reservation = rest;
    return;
  }
  const isNews = !isSameProblem(known, event);
  const newest = isNews ? event : { ...event, at: known!.at };
  if (isDeepStrictEqual(newest, known)) return;
  turn.errorEvent = newest;
  turn.reservation = { ...rest, errorEvent: newest };
  const isForGoodNow = newest.permanent === true && known?.permanent !== true;
  if (isNews || isForGoodNow) tellProblem(turn, newest);
}

/** What has never run may run now. */
export function forgetUnbooted(turn: Turn): void {
  if (turn.reservation.errorEvent?.unbooted === undefined) return;
  const { unbooted: _forgotten, ...event } = turn.reservation.errorEvent;
  turn.errorEvent = event;
  turn.reservation = { ...turn.reservation, errorEvent: event };
}

/** Writes what the turn has changed; nothing where nothing has. */
export async function closeTurn(turn: Turn): Promise<Reservation> {
  const { transaction, reservation, transitions, cancelled, work, errorEvent } = turn;
  const { connectionId, states } = reservation;
  const statesChanged = !isDeepStrictEqual(states, turn.statesBefore);
  const written = toWritten(turn, turn.now);
  const record: TurnRecord = {
    ...(statesChanged ? { states } : {}),
    ...(errorEvent === undefined ? {} : { errorEvent }),
    ...(reservation.awaited === turn.awaitedBefore ? {} : { awaited: reservation.awaited ?? null }),
    ...(reservation.nsi === turn.nsiBefore ? {} : { replyTo: reservation.nsi?.replyTo }),
    ...(written === undefined ? {} : { lastIds: written.lastIds, messages: written.messages }),
    ...(transitions.length === 0 ? {} : { transitions }),
    ...(cancelled.length === 0 ? {} : { cancelled }),
    ...(work.length === 0 ? {} : { work }),
  };
  if (Object.keys(record).length > 0) await transaction.recordTurn(connectionId, record);
  const told = written === undefined ? reservation : { ...reservation, lastIds: written.lastIds };
  return statesChanged ? { ...told, updatedAt: turn.now } : told;
}

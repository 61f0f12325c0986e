/** `--wait`: looks at a reservation until what was asked for has come about, or cannot any more. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusedForGood } from '../client/refused-for-good.js';
import type { RmsClient } from '../client/rms-client.js';
import type { WireReservation } from '../wire/rms/types.js';
import { CliError, usageError } from './cli-error.js';
import type { CommandContext, OptionSpec } from './command.js';
import { exitCodes } from './exit-codes.js';

export type Verdict = 'done' | 'failed' | 'onItsWay';
type Judge = (reservation: WireReservation) => Verdict;

const isUp = ({ states }: WireReservation): boolean =>
  states.provisionState === 'Provisioned' && states.dataPlaneStatus.active && states.dataPlaneStatus.versionConsistent;

const isDown = ({ states }: WireReservation): boolean =>
  !states.dataPlaneStatus.active &&
  states.dataPlaneStatus.versionConsistent &&
  states.provisionState !== 'Releasing' &&
  states.lifecycleState !== 'Terminating';

const held: Judge = ({ states }) => {
  if (states.reservationState === 'ReserveChecking') return 'onItsWay';
  return states.reservationState === 'ReserveHeld' ? 'done' : 'failed';
};

const up: Judge = (reservation) => {
  if (isUp(reservation)) return 'done';
  return reservation.states.lifecycleState === 'Created' && !isRefusedForGood(reservation) ? 'onItsWay' : 'failed';
};

const startsLater = ({ committed }: WireReservation): boolean =>
  committed !== undefined && committed.startTime > new Date();

const committed: Judge = (reservation) => {
  const { states, autoProvision } = reservation;
  if (states.reservationState === 'ReserveCommitting') return 'onItsWay';
  if (states.reservationState !== 'ReserveStart' || reservation.committed === undefined) return 'failed';
  return autoProvision && !startsLater(reservation) ? up(reservation) : 'done';
};

/** What each operation is waited for. */
export const judges = {
  reserve: held,
  modify: held,
  commit: committed,
  abort: ({ states }) => (states.reservationState === 'ReserveAborting' ? 'onItsWay' : 'done'),
  provision: up,
  release: (reservation) => (isDown(reservation) ? 'done' : 'onItsWay'),
  terminate: (reservation) =>
    isDown(reservation) && reservation.states.lifecycleState === 'Terminated' ? 'done' : 'onItsWay',
} as const satisfies Record<string, Judge>;

export type WaitableOperation = keyof typeof judges;

export const waitOptions: readonly OptionSpec[] = [
  { flags: '--wait', text: 'stay until it has come about' },
  { flags: '--timeout <seconds>', text: 'with --wait: no longer than this (default 300)' },
];

const pollMs = 250;

function timeoutMsFrom({ timeout }: CommandContext['options']): number {
  const seconds = timeout === undefined ? 300 : Number(timeout);
  if (!(seconds > 0)) throw usageError(`--timeout: '${String(timeout)}' is not a number of seconds`);
  return seconds * 1000;
}

export const stateText = ({ states }: WireReservation): string =>
  [states.reservationState, states.provisionState, states.lifecycleState]
    .filter((state) => state !== undefined)
    .join(', ');

function notDone(reservation: WireReservation, operation: WaitableOperation, verdict: Verdict): CliError {
  const why = reservation.errorEvent === undefined ? '' : `: ${reservation.errorEvent.text}`;
  const what = verdict === 'failed' ? 'did not come about' : 'has not come about in time';
  const code = verdict === 'failed' ? exitCodes.refused : exitCodes.timedOut;
  const text = `${operation} of ${reservation.connectionId} ${what} (${stateText(reservation)})${why}`;
  return new CliError(code, text, { reservation });
}

export async function waitFor(
  context: CommandContext,
  client: RmsClient,
  operation: WaitableOperation,
  answered: WireReservation,
): Promise<WireReservation> {
  const giveUpAt = Date.now() + timeoutMsFrom(context.options);
  const judge: Judge = judges[operation];
  const { connectionId } = answered;
  let reservation = answered;
  for (;;) {
    const verdict = judge(reservation);
    if (verdict === 'done') return reservation;
    if (verdict === 'failed' || Date.now() >= giveUpAt) throw notDone(reservation, operation, verdict);
    context.output.waiting(`${connectionId}: ${stateText(reservation)}`);
    await sleep(pollMs, undefined, { signal: context.signal });
    reservation = (await client.getReservation({ connectionId })).reservation;
  }
}

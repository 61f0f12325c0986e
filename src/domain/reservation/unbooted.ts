/**
 * VMs that have never run, and so have nothing on a disk that must be kept: until then, and no longer, one may be placed elsewhere. Written
 * down with the problem that keeps them from running; what is not written down has run, or may have. Pure.
 */
import type { DriverErrorClass } from '../errors/driver-error.js';
import type { Reservation, ReservationVersion } from './reservation.js';
import { wasEverBuilt } from './step.js';
import type { UnbootedVm } from './unbooted-vm.js';

/** What a node refuses may be let pass the next time; what it refuses twice is tried elsewhere. */
const refusalsOnANode = 2;
/** Where that many nodes do not start it, the fault is hardly theirs. */
const mostNodes = 3;

/** As a round begins; the round has to write down what it leaves so. */
export function deriveUnbooted(reservation: Reservation, { version, placed }: ReservationVersion): UnbootedVm[] {
  const { states, errorEvent, replaced = [] } = reservation;
  const isNewVersion = states.dataPlane.version !== version;
  const before = new Set(replaced.flatMap(({ placed: { vms } }) => vms.map(({ name }) => name)));
  return placed.vms.flatMap(({ name }): UnbootedVm[] => {
    const known = errorEvent?.unbooted?.find((vm) => vm.name === name);
    if (known !== undefined) return [known];
    const neverDefined = !wasEverBuilt(states) || (isNewVersion && !before.has(name));
    return neverDefined ? [{ name, left: [], failures: 0 }] : [];
  });
}

export interface RoundOfVms {
  /** Those that may run now. */
  ran: ReadonlySet<string>;
  /** Those that failed on their node, and how. */
  failed: ReadonlyMap<string, DriverErrorClass>;
}

/** After a round. */
export const stillUnbooted = (before: readonly UnbootedVm[], { ran, failed }: RoundOfVms, now: Date): UnbootedVm[] =>
  before
    .filter(({ name }) => !ran.has(name))
    .map((vm) =>
      failed.has(vm.name)
        ? { ...vm, failures: vm.failures + 1, failingSince: vm.failingSince ?? now.toISOString() }
        : { name: vm.name, left: vm.left, failures: 0 },
    );

/** Those that have failed where they are for long enough. `patienceMs`: how long a node that does not answer is waited for. */
export const dueToLeave = (
  unbooted: readonly UnbootedVm[],
  failed: RoundOfVms['failed'],
  patienceMs: number,
  now: Date,
): UnbootedVm[] =>
  unbooted.filter(({ name, left, failures, failingSince }) => {
    const errorClass = failed.get(name);
    if (errorClass === undefined || failingSince === undefined || left.length + 1 >= mostNodes) return false;
    return errorClass === 'transient'
      ? now.getTime() - Date.parse(failingSince) >= patienceMs
      : failures >= refusalsOnANode;
  });

import assert from 'node:assert/strict';
import type { DriverErrorClass } from '../../../src/domain/errors/driver-error.js';
import { dueToLeave, stillUnbooted } from '../../../src/domain/reservation/unbooted.js';
import type { UnbootedVm } from '../../../src/domain/reservation/unbooted-vm.js';

const vm = (changes: Partial<UnbootedVm> = {}): UnbootedVm => ({ name: 'vm', left: [], failures: 0, ...changes });
const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const failed = (errorClass: DriverErrorClass): Map<string, DriverErrorClass> => new Map([['vm', errorClass]]);
const nobody = new Set<string>();

describe('VMs that have never run', () => {
  it('one that ran is none any more, and one that did not fail begins anew', () => {
    const before = [vm({ failures: 1, failingSince: at(0).toISOString() })];
    assert.deepEqual(stillUnbooted(before, { ran: new Set(['vm']), failed: failed('permanent') }, at(1)), []);
    assert.deepEqual(stillUnbooted(before, { ran: nobody, failed: new Map() }, at(1)), [vm()]);
  });

  it('failures are counted from the first on', () => {
    const [once] = stillUnbooted([vm()], { ran: nobody, failed: failed('transient') }, at(0));
    const twice = stillUnbooted([once!], { ran: nobody, failed: failed('transient') }, at(9));
    assert.deepEqual(twice, [vm({ failures: 2, failingSince: at(0).toISOString() })]);
  });

  it('a refusal is tried twice, a node that does not answer is waited for, and after three nodes it stays', () => {
    const failing = (failures: number, left: string[] = []) =>
      vm({ failures, left, failingSince: at(0).toISOString() });
    const isDue = (of: UnbootedVm, errorClass: DriverErrorClass, seconds: number): boolean =>
      dueToLeave([of], failed(errorClass), 20_000, at(seconds)).length === 1;
    assert.deepEqual(
      [
        isDue(failing(1), 'permanent', 1),
        isDue(failing(2), 'permanent', 1),
        isDue(failing(9), 'transient', 19),
        isDue(failing(1), 'transient', 20),
        isDue(failing(2, ['n1']), 'permanent', 1),
        isDue(failing(2, ['n1', 'n2']), 'permanent', 1),
      ],
      [false, true, false, true, true, false],
    );
    assert.deepEqual(dueToLeave([failing(9)], new Map(), 0, at(99)), [], 'the others failed, not it');
  });
});

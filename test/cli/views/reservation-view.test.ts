import assert from 'node:assert/strict';
import { reservationText } from '../../../src/cli/views/reservation-view.js';
import { fromReservation } from '../../../src/ws/rms/reservation-out.js';
import { exampleReservation } from '../../ws/support/fake-provider.js';

describe('a reservation as text', () => {
  it('has a line for every VM, also for one without a NIC', () => {
    const reservation = fromReservation(exampleReservation);
    const { vms, ...version } = reservation.committed!;
    const [vm] = vms;
    const lonely = { ...vm!, name: 'lonely', nics: [] };
    const text = reservationText({ ...reservation, committed: { ...version, vms: [...vms, lonely] } });
    assert.match(text, new RegExp(`^${vm!.name} .*${vm!.nics[0]!.mac}`, 'm'));
    assert.match(text, /^lonely +n1 .* small +- +- +- +-$/m);
  });
});

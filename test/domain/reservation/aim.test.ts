import assert from 'node:assert/strict';
import { deriveAim } from '../../../src/domain/reservation/aim.js';
import type { Reservation, ReservationVersion } from '../../../src/domain/reservation/reservation.js';
import type { ConnectionStates } from '../../../src/domain/reservation/states.js';
import { sampleCriteria } from '../../support/domain-samples.js';

const at = (hour: number): Date => new Date(Date.UTC(2030, 0, 1, hour));

const version: ReservationVersion = {
  version: 1,
  criteria: sampleCriteria(),
  placed: {
    connectionId: 'c',
    version: 1,
    tenant: 'alpha',
    viNumber: 1,
    segment: { key: 1, encapsulation: 'gre' },
    vms: [],
    externalPorts: [],
    peers: [],
    hosts: [],
  },
  start: at(10),
  end: at(20),
  state: 'committed',
};

const replaced = [{ version: 0, placed: version.placed }];

const reservation = (
  states: Partial<ConnectionStates>,
  builtVersion: number,
  committed = true,
  changes: Partial<Reservation> = {},
): Reservation => ({
  connectionId: 'c',
  viNumber: 1,
  tenant: 'alpha',
  requester: 'alice',
  autoProvision: false,
  terminateOnRelease: false,
  states: {
    reservation: 'ReserveStart',
    lifecycle: 'Created',
    dataPlane: { active: false, version: builtVersion, consistent: true },
    ...states,
  },
  ...(committed ? { committed: version } : {}),
  createdAt: at(0),
  updatedAt: at(0),
  ...changes,
});

const shown = (asked: Reservation, hour: number): string => {
  const aim = deriveAim(asked, at(hour));
  return aim.kind === 'down' || aim.kind === 'putOff' ? `${aim.kind} ${aim.disk}` : aim.kind;
};

describe('deriveAim', () => {
  const cases: [string, Reservation, number, string][] = [
    ['held only', reservation({}, 0, false), 12, 'none'],
    ['committed, not provisioned', reservation({ provision: 'Released' }, 0), 12, 'none'],
    ['provisioned before the start', reservation({ provision: 'Provisioned' }, 0), 9, 'wait'],
    ['provisioned at the start', reservation({ provision: 'Provisioned' }, 0), 10, 'up'],
    ['put off while it stood', reservation({ provision: 'Provisioned' }, 1, true, { replaced }), 9, 'putOff erase'],
    [
      'put off while it stood, and released',
      reservation({ provision: 'Released' }, 1, true, { replaced }),
      9,
      'down erase',
    ],
    ['put off and taken down', reservation({ provision: 'Provisioned' }, 1), 9, 'wait'],
    ['changed while it stands', reservation({ provision: 'Provisioned' }, 1, true, { replaced }), 12, 'up'],
    ['changed while it is released', reservation({ provision: 'Released' }, 1, true, { replaced }), 12, 'down keep'],
    ['still provisioning', reservation({ provision: 'Provisioning' }, 1), 12, 'up'],
    ['provisioned at the end', reservation({ provision: 'Provisioned' }, 1), 20, 'down erase'],
    ['releasing', reservation({ provision: 'Releasing' }, 1), 12, 'down keep'],
    ['released after having been built', reservation({ provision: 'Released' }, 1), 12, 'down keep'],
    ['terminating', reservation({ provision: 'Releasing', lifecycle: 'Terminating' }, 1), 12, 'down erase'],
    ['terminated', reservation({ provision: 'Released', lifecycle: 'Terminated' }, 1), 12, 'down erase'],
    ['past its end', reservation({ provision: 'Released', lifecycle: 'PassedEndTime' }, 1), 21, 'down erase'],
    ['terminated, never built', reservation({ provision: 'Released', lifecycle: 'Terminated' }, 0), 12, 'none'],
  ];
  for (const [what, asked, hour, aim] of cases)
    it(`${what}: ${aim}`, () => {
      assert.equal(shown(asked, hour), aim);
    });
});

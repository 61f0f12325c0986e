import assert from 'node:assert/strict';
import {
  fromDomainStats,
  isShutDownByGuest,
  toDomainState,
} from '../../../../src/drivers/compute/libvirt/domain-state.js';

/** Printed by virsh 9.0 for five domains, one with a quote in its name. */
const printed = `Domain: 'running'
  state.state=1
  state.reason=5

Domain: 'paused'
  state.state=3
  state.reason=1

Domain: 'shut down by its guest'
  state.state=5
  state.reason=1

Domain: 'it's destroyed'
  state.state=5
  state.reason=2

Domain: 'crashed'
  state.state=5
  state.reason=3

`;

describe('domain state', () => {
  it('is read from what virsh prints', () => {
    const states = [...fromDomainStats(printed)].map(([name, state]) => [
      name,
      toDomainState(state),
      isShutDownByGuest(state, false),
    ]);
    assert.deepEqual(states, [
      ['running', 'running', false],
      ['paused', 'paused', false],
      ['shut down by its guest', 'shutoff', true],
      ["it's destroyed", 'shutoff', false],
      ['crashed', 'crashed', false],
    ]);
  });

  it('a shutdown that was noted counts only while libvirt does not know better', () => {
    const [unknown, destroyed, running] = [
      { state: 5, reason: 0 },
      { state: 5, reason: 2 },
      { state: 1, reason: 1 },
    ];
    assert.deepEqual(
      [unknown, destroyed, running].map((state) => isShutDownByGuest(state, true)),
      [true, false, false],
    );
  });

  it('one that is on its way down is not down', () => {
    assert.equal(toDomainState({ state: 4, reason: 0 }), 'running');
  });
});

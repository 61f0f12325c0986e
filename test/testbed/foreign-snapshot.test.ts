/** What is foreign: all rows but those that hang on Iris's bridge. */
import assert from 'node:assert/strict';
import { withoutBridge } from '../../src/testbed/foreign-snapshot.js';

const uuid = (name: string) => ['uuid', name];
const set = (...names: string[]) => ['set', names.map(uuid)];

const tables = {
  Open_vSwitch: [{ _uuid: uuid('root'), bridges: set('b1', 'b2') }],
  Bridge: [
    { _uuid: uuid('b1'), name: 'br-int', ports: uuid('p1'), controller: uuid('c1') },
    { _uuid: uuid('b2'), name: 'br-iris', ports: set('p2', 'p3'), controller: uuid('c2') },
  ],
  Port: [
    { _uuid: uuid('p1'), name: 'br-int', interfaces: uuid('i1') },
    { _uuid: uuid('p2'), name: 'br-iris', interfaces: uuid('i2') },
    { _uuid: uuid('p3'), name: 'tunnel', interfaces: uuid('i3') },
  ],
  Interface: [
    { _uuid: uuid('i1'), name: 'br-int' },
    { _uuid: uuid('i2'), name: 'br-iris' },
    { _uuid: uuid('i3'), name: 'tunnel' },
  ],
  Controller: [
    { _uuid: uuid('c1'), target: 'tcp:127.0.0.1:6633' },
    { _uuid: uuid('c2'), target: 'unix:iris.ctl' },
  ],
};

describe('a foreign snapshot', () => {
  it('leaves out our bridge with its ports, interfaces and controller, and nothing else', () => {
    assert.deepEqual(withoutBridge(tables, 'br-iris'), {
      Open_vSwitch: [{ _uuid: uuid('root'), bridges: ['b1'] }],
      Bridge: [tables.Bridge[0]],
      Port: [tables.Port[0]],
      Interface: [tables.Interface[0]],
      Controller: [tables.Controller[0]],
    });
  });

  it('without our bridge is everything', () => {
    const all = { ...tables, Open_vSwitch: [{ _uuid: uuid('root'), bridges: ['b1', 'b2'] }] };
    assert.deepEqual(withoutBridge(tables, 'no-such-bridge'), all);
  });
});

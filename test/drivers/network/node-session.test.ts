/** The session of one node: what is counted over its sessions. */
import assert from 'node:assert/strict';
import { createNodeSession } from '../../../src/drivers/network/ovs/node-session.js';
import { silentLog } from '../../../src/lib/log.js';
import type { SwitchSession } from '../../../src/openflow/switch-session.js';

const sessionWith = (counters: { packetIns: number; packetInsDropped: number }): SwitchSession =>
  ({ counters, sendAll: async () => [] }) as unknown as SwitchSession;

describe('the session of a node', () => {
  it('counts each packet-in once, also of a session that was given up and taken up again', () => {
    const { attach, detach, packetIns, packetInsDropped } = createNodeSession({
      node: 'n',
      sessionMs: 1,
      log: silentLog,
    });
    const counters = { packetIns: 5, packetInsDropped: 1 };
    const first = sessionWith(counters);
    attach(first);
    assert.equal(packetIns(), 5);
    assert.ok(detach(first));
    assert.equal(packetIns(), 5);
    attach(first);
    counters.packetIns = 7;
    assert.equal(packetIns(), 7);
    attach(first);
    assert.equal(packetIns(), 7);
    attach(sessionWith({ packetIns: 2, packetInsDropped: 2 }));
    assert.equal(detach(first), false);
    assert.equal(packetIns(), 9);
    assert.equal(packetInsDropped(), 3);
  });
});

/** The way of a frame, followed over simulated switches: which steps, which flows, which reasons. */
import assert from 'node:assert/strict';
import type { FrameTrace } from '../../../src/domain/ports/frame-trace.js';
import {
  createFakeNetworkDriver,
  type FakeNetworkDriver,
} from '../../../src/drivers/network/fake/fake-network-driver.js';
import { toMac, toSite, toVi } from './sites.js';

const site = toSite({
  name: 's',
  number: 1,
  computeNodes: 3,
  externalPorts: [{ name: 'lan1', vlans: [0, '100-199'] }],
  peers: [{ name: 'p', number: 2 }],
});
const host = '52:54:00:aa:00:01';
const lanHost = '52:54:00:bb:00:01';
const viOf = (viNumber: number, changes: object = {}) => ({
  ...toVi({
    viNumber,
    key: 100 + viNumber,
    vmNodes: ['s-n1', 's-n2', 's-n3'],
    externalPorts: [{ name: 'lan1', node: 's-gw', vlans: [100 + viNumber] }],
    gateway: 's-gw',
    peers: [{ name: 'p', number: 2 }],
    hosts: [
      { mac: host, vlan: 0, site: 'p' },
      { mac: lanHost, vlan: 100 + viNumber, site: 's' },
    ],
  }),
  ...changes,
});
const [vm1, vm2] = [toMac(1, 1), toMac(1, 2)];

describe('the way of a frame', () => {
  let driver: FakeNetworkDriver;
  beforeEach(async () => {
    driver = createFakeNetworkDriver(site);
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    await driver.ensure(viOf(1));
    await driver.ensure(viOf(2));
  });
  afterEach(() => driver.stop());

  const trace = (from: string, to: string, vlan = 0) => driver.trace('vi-2', { from, to, vlan });
  const nodesOf = ({ steps }: FrameTrace): string[] => steps.map(({ node }) => node);
  const reasonsOf = ({ steps }: FrameTrace, step: number): string[] => steps[step]!.rules.map(({ reason }) => reason);

  it('goes from node to node, and says whose flows take it and why', async () => {
    const way = await trace(vm1, vm2);
    assert.deepEqual(nodesOf(way), ['s-n1', 's-n2']);
    assert.deepEqual(
      way.steps.map(({ rules }) => rules.map(({ table, priority }) => `${table} ${priority}`)),
      [
        ['classify 100', 'sender 1', 'unicast 200'],
        ['classify 100', 'unicast 200'],
      ],
    );
    assert.deepEqual(reasonsOf(way, 0), [
      "classify: t2-1 is a NIC of VM 'vm1'",
      'sender: says nothing of who is where (no ARP, RARP or neighbour discovery): goes on',
      `unicast: ${vm2} stands on s-n2, port t2-2 (registered at launch)`,
    ]);
    assert.match(reasonsOf(way, 1)[0]!, /is the tunnel to node s-n1 under the segment's key 102$/);
    for (const { connectionId, viNumber } of way.steps.flatMap(({ rules }) => rules))
      assert.deepEqual([connectionId, viNumber], ['vi-2', 2]);
    assert.deepEqual(way.steps[1]!.outputs, [{ port: 't2-2', leadsTo: 'vm', name: 'vm2' }]);
    assert.equal(way.outcome, "goes to VM 'vm2' on s-n2, port t2-2");
    assert.deepEqual(
      way.steps.map(({ source, sourceReason }) => [source, sourceReason]),
      Array(2).fill(['flows', 'the switch is simulated']),
    );
  });

  it('leaves for another site by the gateway, and comes from there', async () => {
    const out = await trace(vm1, host);
    assert.deepEqual(nodesOf(out), ['s-n1', 's-gw']);
    assert.deepEqual(
      out.steps[1]!.outputs.map(({ leadsTo, name }) => [leadsTo, name]),
      [['site', 'p']],
    );
    assert.match(out.outcome, /^goes to site p, by gre_\w+ of s-gw: its own Iris says how it goes on there$/);
    assert.match(reasonsOf(out, 0)[2]!, /lies behind site p \(registered at launch\)/);
    const back = await trace(host, vm1);
    assert.deepEqual(nodesOf(back), ['s-gw', 's-n1']);
    assert.match(reasonsOf(back, 0)[0]!, /is the tunnel to site p under the segment's key 102$/);
    assert.equal(back.outcome, "goes to VM 'vm1' on s-n1, port t2-1");
  });

  it('reaches and leaves the LAN of the site in its VLAN', async () => {
    const back = await trace(lanHost, 'ff:ff:ff:ff:ff:ff', 102);
    assert.match(reasonsOf(back, 0)[0]!, /lan1 is external port 'lan1', of which the segment holds VLAN 102$/);
    const announced = { mac: vm1, ip: '192.168.7.21' };
    driver.inject('s-n1', 't2-1', {
      vlan: 102,
      destination: 'ff:ff:ff:ff:ff:ff',
      protocol: 'arp',
      whereabouts: { vlan: 102, destination: 'ff:ff:ff:ff:ff:ff', sender: announced, from: 'arp', announces: false },
    });
    const out = await trace(vm1, lanHost, 102);
    assert.equal(out.outcome, "goes to external port 'lan1' on s-gw, interface lan1");
    const learnt = await trace(lanHost, vm1, 102);
    assert.match(learnt.steps[0]!.rules.at(-1)!.reason, /stands on s-n1, port t2-1 \(learnt from ARP at \d{4}-/);
  });

  it('floods a group address to everybody of the segment, each once', async () => {
    const way = await trace(vm1, 'ff:ff:ff:ff:ff:ff');
    assert.deepEqual(nodesOf(way).sort(), ['s-gw', 's-n1', 's-n2', 's-n3']);
    assert.match(reasonsOf(way, 0).at(-1)!, /^flood: everything that a frame may reach that came from a local port/);
    assert.match(way.outcome, /VM 'vm2' .*VM 'vm3'/);
    assert.match(way.outcome, /site p/);
    assert.doesNotMatch(way.outcome, /lan1|does not reach|ends on/);
  });

  it('says where it ends when what should take it is gone', async () => {
    driver.setReachable('s-n2', false);
    await assert.rejects(trace(vm1, vm2), /s-n2/);
    driver.setReachable('s-n2', true);
    await driver.leave('s-n2');
    const way = await trace(vm1, vm2);
    assert.equal(way.steps[1]!.rules[0]!.priority, undefined);
    assert.match(way.outcome, /^does not reach .*: ends on s-n2: classify: no VI takes VLAN 0 \(untagged\) from gre_/);
  });

  it('says that strict addresses let nothing else pass', async () => {
    const segment = { key: 103, encapsulation: 'gre' as const, strictAddresses: true };
    await driver.ensure(viOf(3, { segment }));
    const way = await driver.trace('vi-3', { from: vm1, to: vm2, vlan: 0 });
    assert.equal(way.outcome, "goes to VM 'vm2' on s-n2, port t3-2");
    assert.match(way.steps[0]!.rules[1]!.reason, /^sender: strict addresses: 52:54:00:00:01:01 is listed/);
  });

  it('refuses what it does not keep, and whom it does not know', async () => {
    await assert.rejects(driver.trace('vi-9', { from: vm1, to: vm2, vlan: 0 }), /not among the VIs/);
    await assert.rejects(trace('52:54:00:ff:ff:ff', vm2), /knows no 52:54:00:ff:ff:ff in VLAN 0/);
  });
});

/** What a change in the registry changes in the plans: its own flows, on every node once, and nothing beside. */
import assert from 'node:assert/strict';
import { learn } from '../../../src/domain/registry/registry.js';
import type { RegistryEntry } from '../../../src/domain/registry/registry-entry.js';
import { toEntryKey } from '../../../src/drivers/network/plan/entry-flows.js';
import { flowsOfPlan, type PlanFlow } from '../../../src/drivers/network/plan/node-plan.js';
import { createSegments } from '../../../src/drivers/network/segments.js';
import { testInstance, toSite, toVi } from './sites.js';

const minute = 60_000;
const site = toSite({ name: 's', number: 1, computeNodes: 2, peers: [{ name: 'p', number: 2 }] });
const vi = toVi({
  ...{ viNumber: 1, key: 7, vmNodes: ['s-n1', 's-n2'], gateway: 's-gw' },
  peers: [{ name: 'p', number: 2 }],
});
const learntAt = { vlan: 5, mac: '52:54:00:77:00:01', ip: '10.0.0.9', from: 'arp' as const, announces: false };
const name = { vlan: learntAt.vlan, mac: learntAt.mac };

function createWorld() {
  let now = new Date(0);
  const segments = createSegments(site, testInstance, { now: () => now });
  const segment = segments.keep(vi);
  const at = { kind: 'port', node: 's-n1', portName: 't1-1' } as const;
  return {
    segments,
    segment,
    passTo: (minutes: number) => {
      now = new Date(minutes * minute);
    },
    hear: (place: RegistryEntry['place'] = at) => learn(segment.registry, { ...learntAt, place, at: now }),
    flowsAt: (node: string): PlanFlow[] => segments.entryFlowsFor(segment, node, name),
  };
}

const tablesOf = (flows: readonly PlanFlow[]): string => [...new Set(flows.map(({ table }) => table))].sort().join();

describe('flows of a registry entry', () => {
  it('are those that the whole plan has of it', () => {
    const { segments, segment, hear, flowsAt } = createWorld();
    hear();
    for (const node of ['s-gw', 's-n1', 's-n2']) {
      const whole = flowsOfPlan(segments.planFor(segment, node)!).filter(({ entry }) => entry === toEntryKey(name));
      assert.deepEqual(flowsAt(node), whole);
      assert.ok(whole.length > 0);
    }
  });

  it('know the sender where it stands, and nowhere else', () => {
    const { hear, flowsAt } = createWorld();
    hear();
    assert.equal(tablesOf(flowsAt('s-n1')), 'resolve,sender,unicast');
    assert.equal(tablesOf(flowsAt('s-n2')), 'resolve,unicast');
    hear({ kind: 'port', node: 's-n2', portName: 't1-2' });
    assert.equal(tablesOf(flowsAt('s-n1')), 'resolve,unicast');
    assert.equal(tablesOf(flowsAt('s-n2')), 'resolve,sender,unicast');
  });

  it('answer to another site only for what stands in this one', () => {
    const { hear, flowsAt } = createWorld();
    hear({ kind: 'site', site: 'p' });
    assert.equal(tablesOf(flowsAt('s-gw')), 'sender,unicast');
    assert.equal(tablesOf(flowsAt('s-n1')), 'resolve,unicast');
  });

  it('of one who is silent ask for news after half an hour, and are gone after an hour', () => {
    const { segments, passTo, hear, flowsAt } = createWorld();
    hear();
    passTo(29);
    assert.deepEqual(segments.expire(), []);
    passTo(31);
    const touched = segments.expire().flatMap(({ entries }) => entries.map(({ mac }) => mac));
    assert.deepEqual(touched, [learntAt.mac]);
    assert.deepEqual(segments.expire(), [], 'told once');
    assert.equal(tablesOf(flowsAt('s-n1')), 'resolve,unicast');
    const { changes, confirmed } = hear();
    assert.deepEqual([changes.length, confirmed?.mac], [0, learntAt.mac], 'no news to others');
    assert.equal(tablesOf(flowsAt('s-n1')), 'resolve,sender,unicast');
    passTo(92);
    assert.equal(segments.expire().length, 1);
    assert.deepEqual(flowsAt('s-n1'), []);
  });

  it('of what a restart brought back wait for an hour of their own', () => {
    let now = new Date(600 * minute);
    const segments = createSegments(site, testInstance, { now: () => now });
    const place = { kind: 'port', node: 's-n1', portName: 't1-1' } as const;
    segments.restore(vi.connectionId, [
      { ...name, ips: [learntAt.ip], place, learntFrom: 'arp', learntAt: new Date(0) },
    ]);
    const segment = segments.keep(vi);
    assert.deepEqual(segments.expire(), []);
    assert.equal(tablesOf(segments.entryFlowsFor(segment, 's-n1', name)), 'resolve,sender,unicast');
    now = new Date(661 * minute);
    segments.expire();
    assert.deepEqual(segments.entryFlowsFor(segment, 's-n1', name), []);
  });

  it('leave an address with one owner, the last who had it', () => {
    const { segment, segments, hear } = createWorld();
    hear();
    const mac = '52:54:00:77:00:02';
    const place = { kind: 'port', node: 's-n2', portName: 't1-2' } as const;
    const { changes } = learn(segment.registry, { ...learntAt, mac, place, announces: true, at: new Date(0) });
    assert.deepEqual(
      changes.map(({ ips }) => ips),
      [[], [learntAt.ip]],
    );
    const answers = flowsOfPlan(segments.planFor(segment, 's-n1')!).filter(({ match }) => match.target === learntAt.ip);
    assert.equal(answers.filter(({ actions }) => actions.length > 0).length, 1);
  });
});

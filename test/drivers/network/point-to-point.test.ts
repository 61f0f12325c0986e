/** Point-to-point services on simulated switches: what crosses, with which tag, and what does not. */
import assert from 'node:assert/strict';
import type { Site } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createFakeNetworkDriver } from '../../../src/drivers/network/fake/fake-network-driver.js';
import { createSimulatedFabric } from '../../../src/drivers/network/fake/simulated-fabric.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import { flowsOfPlan } from '../../../src/drivers/network/plan/node-plan.js';
import { toService } from './example-service.js';
import { instances, osakaVi } from './example-vi.js';
import { toSites } from './ovs-site.js';

const machine = (name: string) => ({ name, directory: '/run', ovsdb: 'unix:/run/db.sock' });
const { tokyo, osaka } = toSites({
  tgw: machine('tgw'),
  ogw: machine('ogw'),
  on1: machine('on1'),
  on2: machine('on2'),
});

/** As tokyo, with a second gateway that has lan2. */
const wideTokyo: Site = {
  ...tokyo,
  nodes: [
    ...tokyo.nodes,
    {
      ...tokyo.nodes[0]!,
      name: 'tgw2',
      network: { ...tokyo.nodes[0]!.network, underlay: '10.1.0.2', datapathId: '0000000000000009' },
      gateway: { address: '203.0.113.9', mtu: 1500 },
    },
  ],
  externalPorts: tokyo.externalPorts.map((port) => (port.name === 'lan2' ? { ...port, node: 'tgw2' } : port)),
};

const planOf = (site: Site, vi: PlacedVi, instance = instances.tokyo) => compile(vi, site, { instance, entries: [] });
const frame = (vlan: number) => ({ vlan, destination: '52:54:00:aa:00:02' });

describe('a point-to-point service on switches', () => {
  const delivered = (site: Site, vi: PlacedVi, node: string, port: string, vlan: number): string[] =>
    createSimulatedFabric(planOf(site, vi))
      .inject(node, port, frame(vlan))
      .delivered.map((to) => `${to.node} ${to.port}`);

  it('carries frames of its VLAN both ways, and no others', () => {
    const service = toService(tokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'lan2?vlan=200' });
    assert.deepEqual(delivered(tokyo, service, 'tgw', 'lan1', 100), ['tgw lan2']);
    assert.deepEqual(delivered(tokyo, service, 'tgw', 'lan2', 200), ['tgw lan1']);
    for (const [port, vlan] of [
      ['lan1', 200],
      ['lan2', 100],
      ['lan1', 0],
      ['lan2', 0],
    ] as const)
      assert.deepEqual(delivered(tokyo, service, 'tgw', port, vlan), [], `${port} ${vlan}`);
  });

  it('says in its flows what becomes of the tag, and limits what enters', () => {
    const actionsOf = (from: string, to: string) =>
      flowsOfPlan(planOf(tokyo, toService(tokyo, { viNumber: 5, from, to, capacityMbit: 20 }))[0]!).map(
        ({ actions, rateMeter }) => [...actions.map(({ type, ...rest }) => ({ type, ...rest })), rateMeter?.kbps],
      );
    const out = (port: string) => ({ type: 'output', port });
    const tag = (before: number, after: number) => ({ type: 'setVlan', before, after });
    assert.deepEqual(actionsOf('lan1?vlan=100', 'lan2?vlan=100'), [
      [out('lan2'), 20000],
      [out('lan1'), 20000],
    ]);
    assert.deepEqual(actionsOf('lan1?vlan=100', 'lan2?vlan=200'), [
      [tag(100, 200), out('lan2'), 20000],
      [tag(200, 100), out('lan1'), 20000],
    ]);
    assert.deepEqual(actionsOf('lan1?vlan=100', 'lan2?vlan=0'), [
      [undefined],
      [undefined],
      [tag(100, 0), out('lan2'), 20000],
      [tag(0, 100), out('lan1'), 20000],
    ]);
  });

  it('goes back by the port it came by where both ends are there', () => {
    const service = toService(tokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'lan1?vlan=101' });
    assert.deepEqual(delivered(tokyo, service, 'tgw', 'lan1', 100), ['tgw lan1']);
  });

  it('goes one way where it is unidirectional, and keeps both ports', () => {
    const service = toService(tokyo, {
      viNumber: 5,
      from: 'lan1?vlan=100',
      to: 'lan2?vlan=200',
      directionality: 'Unidirectional',
    });
    assert.deepEqual(delivered(tokyo, service, 'tgw', 'lan1', 100), ['tgw lan2']);
    assert.deepEqual(delivered(tokyo, service, 'tgw', 'lan2', 200), []);
    const taken = flowsOfPlan(planOf(tokyo, service)[0]!).map(({ match }) => match.inPort);
    assert.deepEqual(taken, ['lan1', 'lan2']);
  });

  it('crosses from one gateway of the site to another, metered where it enters', () => {
    const service = toService(wideTokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'lan2?vlan=200' });
    assert.deepEqual(delivered(wideTokyo, service, 'tgw', 'lan1', 100), ['tgw2 lan2']);
    assert.deepEqual(delivered(wideTokyo, service, 'tgw2', 'lan2', 200), ['tgw lan1']);
    const meters = planOf(wideTokyo, service).map((plan) => [
      plan.node,
      ...flowsOfPlan(plan).map(({ rateMeter }) => rateMeter?.name),
    ]);
    assert.deepEqual(meters, [
      ['tgw', 'source-5', undefined],
      ['tgw2', undefined, 'dest-5'],
    ]);
  });

  it('has meters of its own, that no port has', () => {
    const metersOf = (viNumber: number) =>
      flowsOfPlan(
        planOf(tokyo, toService(tokyo, { viNumber, from: 'lan1?vlan=100', to: 'lan2?vlan=200' }))[0]!,
      ).flatMap(({ rateMeter }) => rateMeter?.meterId ?? []);
    const all = [1, 2, 32_769, 65_537, 1_000_001, 0x7fff_0000, 0xffff_ffff].flatMap(metersOf);
    assert.equal(new Set(all).size, 14);
    assert.ok(all.every((meterId) => meterId > 0xff00 && meterId <= 0xffff0000));
  });

  it('leaves for a peer untagged under its label, from whichever gateway the port is at', () => {
    const service = toService(wideTokyo, { viNumber: 5, from: 'lan2?vlan=200', to: 'peer+osaka?vlan=1234' });
    const { departed } = createSimulatedFabric(planOf(wideTokyo, service)).inject('tgw2', 'lan2', frame(200));
    assert.deepEqual(
      departed.map(({ node, tunnelKey }) => ({ node, tunnelKey })),
      [{ node: 'tgw', tunnelKey: 1234 }],
    );
  });

  it('is two halves of two sites that fit together', () => {
    const here = toService(tokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'peer+osaka?vlan=1234' });
    const vi = osakaVi(1, 101, 'gre');
    const there = toService(osaka, {
      viNumber: 9,
      from: 'peer+tokyo?vlan=1234',
      to: `vi+${vi.connectionId}`,
      vis: [vi],
    });
    const [entering] = flowsOfPlan(planOf(tokyo, here)[0]!);
    const [leaving] = flowsOfPlan(planOf(osaka, there, instances.osaka)[0]!);
    assert.equal(leaving!.match.tunnelKey, 1234);
    assert.ok(entering!.actions.some((action) => action.type === 'setTunnelKey' && action.key === 1234));
  });
});

describe('a point-to-point service that ends in a VI', () => {
  const vi = osakaVi(1, 101, 'gre');
  const service = toService(osaka, {
    viNumber: 9,
    from: 'peer+tokyo?vlan=1234',
    to: `vi+${vi.connectionId}`,
    vis: [vi],
  });
  const tunnel = flowsOfPlan(planOf(osaka, service, instances.osaka)[0]!)[0]!.match.inPort!;

  const broadcast = { vlan: 0, destination: 'ff:ff:ff:ff:ff:ff' };

  async function reached(
    order: PlacedVi[],
    then?: (driver: ReturnType<typeof createFakeNetworkDriver>) => Promise<void>,
  ) {
    const driver = createFakeNetworkDriver({ ...osaka, simulation: { latencyMs: 0 } }, { instance: instances.osaka });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    for (const one of order) await driver.ensure(one);
    await then?.(driver);
    const plans = await Promise.all(order.map(async (one) => (await driver.plan(one)).map(({ node }) => node)));
    const inward = createOutcome(driver, 'ogw', tunnel);
    const outward = createOutcome(driver, 'on1', vi.vms[0]!.nics[0]!.portName);
    await driver.stop();
    return { plans, inward, outward };
  }

  function createOutcome(driver: ReturnType<typeof createFakeNetworkDriver>, node: string, port: string) {
    const { delivered, departed } = driver.inject(node, port, broadcast, 1234);
    return {
      delivered: delivered.map((to) => `${to.node} ${to.port}`).sort(),
      departed: departed.map(({ tunnelKey }) => tunnelKey).sort(),
    };
  }

  for (const [what, order] of Object.entries({
    'the VI comes first': [vi, service],
    'the service comes first': [service, vi],
  }))
    it(`reaches its machines and they reach it, where ${what}`, async () => {
      const { inward, outward } = await reached(order);
      const machines = vi.vms.map(({ node, nics }) => `${node} ${nics[0]!.portName}`).sort();
      assert.deepEqual(inward.delivered, machines);
      assert.deepEqual(inward.departed, [101]);
      assert.deepEqual(outward.departed, [101, 1234]);
    });

  it('leaves nothing of it in the VI when it is over', async () => {
    const { inward, outward } = await reached([vi, service], (driver) => driver.remove(service));
    assert.deepEqual(inward, { delivered: [], departed: [] });
    assert.deepEqual(outward.departed, [101]);
  });

  it('carries nothing while the VI is not there', async () => {
    const { inward } = await reached([service]);
    assert.deepEqual(inward, { delivered: [], departed: [] });
  });
});

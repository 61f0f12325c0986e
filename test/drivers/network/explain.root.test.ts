/** The way of a frame on real switches: what ofproto/trace says, what we say over our own flows, and that both say the same. */
import assert from 'node:assert/strict';
import type { FrameTrace } from '../../../src/domain/ports/frame-trace.js';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { lastLook } from '../../support/last-look.js';
import { instances, osakaVi } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type OvsWorld, until } from './ovs-world.js';
import { stands } from './stand.js';

const quiet = { nodeChanged: () => {}, registryChanged: () => {} };
const vi = osakaVi(1, 101, 'gre');
const [vm1, vm2] = ['52:54:00:00:02:01', '52:54:00:00:02:02'];
const host = '52:54:00:aa:00:01';

/** The same but for who said it. */
const withoutSource = ({ steps, outcome }: FrameTrace) => ({
  outcome,
  steps: steps.map(({ source: _source, sourceReason: _reason, ...step }) => ({
    ...step,
    // A switch names tables by number.
    rules: step.rules.map(({ actions, ...rule }) => ({
      ...rule,
      actions: actions.filter((action) => !action.startsWith('goto_table')),
    })),
  })),
});

describe('the way of a frame on Open vSwitch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let driver: NetworkDriver | undefined;

  async function serve(site: Site): Promise<NetworkDriver> {
    await driver?.stop();
    driver = createOvsNetworkDriver({ site, instance: instances.osaka, log: silentLog });
    await driver.start(quiet);
    return driver;
  }

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    await serve(sites.osaka);
    for (const { node, nics } of vi.vms) {
      const [{ portName, mac, ip }] = nics as [(typeof nics)[number]];
      const machine = sites.machines[node as 'on1' | 'on2'];
      await world.addStation(machine, portName, { name: `s-${node}`, mac, ip: ip! });
      await world.plug(machine, portName);
    }
    await stands(driver!, vi);
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  const trace = (from: string, to: string, vlan = 0) => driver!.trace(vi.connectionId, { from, to, vlan });
  const sourcesOf = ({ steps }: FrameTrace): string[] => steps.map(({ source }) => source);
  const ways = async (): Promise<FrameTrace[]> => [
    await trace(vm1, vm2),
    await trace(vm1, host),
    await trace(host, vm2),
    await trace(vm2, 'ff:ff:ff:ff:ff:ff'),
  ];
  let told: FrameTrace[];

  it('is what the switches say, with the flow, its VI and the reason at each step', async () => {
    // A switch that is busy is not waited for.
    const isTold = (way: FrameTrace): boolean => sourcesOf(way).every((source) => source === 'switch');
    told = await lastLook(ways, (seen) => seen.every(isTold));
    for (const way of told) assert.deepEqual(new Set(sourcesOf(way)), new Set(['switch']));
    const [between, out, back, flooded] = told as [FrameTrace, FrameTrace, FrameTrace, FrameTrace];
    assert.equal(between.outcome, "goes to VM 'vm2' on on2, port t1-2");
    assert.deepEqual(
      between.steps.map(({ node, rules }) => [node, ...rules.map(({ table, priority }) => `${table} ${priority}`)]),
      [
        ['on1', 'classify 100', 'sender 1', 'unicast 200'],
        ['on2', 'classify 100', 'unicast 200'],
      ],
    );
    assert.equal(
      between.steps[0]!.rules[2]!.reason,
      'unicast: 52:54:00:00:02:02 stands on on2, port t1-2 (registered at launch)',
    );
    for (const { connectionId, viNumber } of told.flatMap(({ steps }) => steps.flatMap(({ rules }) => rules)))
      assert.deepEqual([connectionId, viNumber], [vi.connectionId, 1]);
    assert.match(out.outcome, /^goes to site tokyo, by gre_\w+ of ogw/);
    assert.equal(back.steps[0]!.node, 'ogw');
    assert.equal(back.outcome, between.outcome);
    assert.deepEqual(flooded.steps.map(({ node }) => node).sort(), ['ogw', 'on1', 'on2']);
  });

  it('finds a flow of somebody else in the way', async () => {
    const flow = `table=0,priority=900,in_port=t1-1,dl_dst=${vm2},actions=drop`;
    await world.ofctl(sites.machines.on1, 'add-flow', flow);
    const way = await trace(vm1, vm2);
    assert.equal(
      way.outcome,
      `does not reach ${vm2}: ends on on1: classify: a flow that bears no mark of this site, or of no VI that stands here`,
    );
    assert.deepEqual([way.steps[0]!.rules[0]!.connectionId, way.steps[0]!.rules[0]!.priority], [undefined, 900]);
    await world.ofctl(sites.machines.on1, 'del-flows', `table=0,in_port=t1-1,dl_dst=${vm2}`);
  });

  it('is evaluated over our flows where a switch’s control socket cannot be reached, and says so', async () => {
    const nodes = sites.osaka.nodes.map((node) => ({
      ...node,
      network: { ...node.network, unixctl: `${sites.machines.on1.directory}/no.ctl` },
    }));
    await stands(await serve({ ...sites.osaka, nodes }), vi);
    const evaluated = await ways();
    for (const { steps } of evaluated)
      for (const { source, sourceReason } of steps) {
        assert.equal(source, 'flows');
        assert.match(sourceReason!, /no\.ctl: .*ENOENT/);
      }
    assert.deepEqual(evaluated.map(withoutSource), told.map(withoutSource));
  });

  it('says that nothing stands where the port is gone', async () => {
    await stands(await serve(sites.osaka), vi);
    await world.unplug(sites.machines.on2, 't1-2');
    const way = await until('a switch without the port', async () => {
      const found = await trace(vm1, vm2);
      return found.outcome.startsWith('does not reach') ? found : undefined;
    });
    assert.match(way.outcome, /ends on on2: unicast: .* stands on on2, port t1-2/);
    await world.plug(sites.machines.on2, 't1-2');
  });
});

/** Two external ports of one segment: on one LAN they are found out and refused before a frame goes round; on two they serve. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { createOvsWorld, type Machine, type OvsWorld } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';
import { stands } from './stand.js';

const names = ['lan1', 'lan2'];

describe('two external ports of one segment', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let machine: Machine;
  let driver: NetworkDriver;
  let lan: string;
  let newDriver: () => NetworkDriver;
  const quiet = { nodeChanged: () => {}, registryChanged: () => {} };

  const vi = (vlans: number[]) =>
    toVi({
      ...{ viNumber: 1, key: 1, vmNodes: [], gateway: 'gw' },
      externalPorts: names.map((name) => ({ name, node: 'gw', vlans })),
    });

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('gw');
    lan = await world.addLan('lan');
    for (const name of names) {
      const end = ['type', 'veth', 'peer', 'name', name, 'netns', lan];
      await runCommand('ip', ['-n', machine.namespace, 'link', 'add', name, ...end]);
      await runCommand('ip', ['-n', machine.namespace, 'link', 'set', name, 'up']);
      await runCommand('ip', ['-n', lan, 'link', 'set', name, 'master', 'br0', 'up']);
    }
    const network = {
      ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathId: '00000000000000f5' },
      ...{ underlay: '10.9.0.1', datapathType: 'netdev' },
    };
    const site = siteFileSchema.parse({
      site: 's',
      nodes: [{ name: 'gw', network, gateway: { address: '203.0.113.1' } }],
      externalPorts: names.map((name) => ({ name, node: 'gw', interface: name, vlans: ['0-200'] })),
      tenants: [{ name: 'alpha' }],
    });
    const timeouts = { probeMs: 6_000 };
    newDriver = () => createOvsNetworkDriver({ site, instance: testInstance, log: silentLog, timeouts });
    driver = newDriver();
    await driver.start(quiet);
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  async function areRefused(vlans: number[]): Promise<void> {
    await assert.rejects(stands(driver, vi(vlans)), (error: Error & { errorClass?: string }) => {
      assert.equal(error.errorClass, 'conflict');
      assert.match(error.message, /'lan[12]' and 'lan[12]' are on one LAN/);
      return true;
    });
    // It is tried again by itself: flows that catch probes come and go.
    const flows = (await world.dumpFlows(machine)).filter((flow) => !flow.includes('dl_type=0x88b5'));
    assert.deepEqual(flows, [], 'no frame can go round');
    await driver.remove(vi(vlans));
  }

  for (const vlans of [[0], [100]]) it(`on one LAN are refused, in VLAN ${vlans}`, () => areRefused(vlans));

  it('on two LANs are joined', async () => {
    await runCommand('ip', ['-n', lan, 'link', 'set', 'lan2', 'nomaster']);
    await stands(driver, vi([0, 100]));
    assert.ok((await world.dumpFlows(machine)).length > 0);
    assert.deepEqual((await driver.status())[0]!.problems, []);
  });

  it('on one LAN when their switch comes back have no flow of before either', async () => {
    assert.notDeepEqual(await world.dumpFlows(machine), []);
    await driver.stop();
    await runCommand('ip', ['-n', lan, 'link', 'set', 'lan2', 'master', 'br0']);
    driver = newDriver();
    await driver.start(quiet);
    await areRefused([0, 100]);
  });
});

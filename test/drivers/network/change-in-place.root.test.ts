/** A VI that changes on real switches while its VMs talk: what stays loses nothing, and only the difference is sent. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { instances } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type OvsWorld, type Station, until } from './ovs-world.js';
import { toVi } from './sites.js';
import { stands } from './stand.js';

const nodes = ['on1', 'on2', 'on1', 'on2'] as const;

/** Four VMs to choose from, two on each node. */
const whole = toVi({
  viNumber: 1,
  key: 101,
  vmNodes: [...nodes],
  gateway: 'ogw',
  peers: [{ name: 'tokyo', number: 1 }],
});
const viOf = (version: number, ...indices: number[]): PlacedVi => ({
  ...whole,
  version,
  vms: indices.map((index) => whole.vms[index]!),
});

describe('a VI changed in place', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let driver: NetworkDriver;
  const stations: Station[] = [];
  const sent: { added: number; removed: number }[] = [];

  const machineOf = (index: number) => sites.machines[nodes[index]!];
  const portOf = (index: number): string => whole.vms[index]!.nics[0]!.portName;

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    const log = silentLog.child({});
    log.info = (details: unknown) => {
      if (typeof details === 'object' && details !== null && 'added' in details) sent.push(details as never);
    };
    driver = createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    for (const [index, vm] of whole.vms.entries()) {
      const { mac, ip, portName } = vm.nics[0]!;
      stations.push(await world.addStation(machineOf(index), portName, { name: `vm${index}`, mac, ip: ip! }));
    }
    // All are plugged in beforehand: the userspace datapath itself loses a frame now and then when a port comes or goes, whoever does it.
    for (const index of nodes.keys()) await world.plug(machineOf(index), portOf(index));
    await stands(driver, viOf(1, 0, 1, 2));
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  /** As the reconciler does: what has no place goes first, then what is new comes. */
  async function swapFor(come: number, version: number): Promise<void> {
    await driver.ensure(viOf(version, 0, 1));
    await driver.ensure(viOf(version, 0, 1, come));
  }

  it('two VMs that stay lose not one answer while others come and go', async () => {
    // Open vSwitch drops what it would send through a tunnel until it has resolved the tunnel's other end by ARP.
    await until(
      'an answer through the tunnel',
      async () => (await world.ping(stations[0]!, stations[1]!.ip)) || undefined,
    );
    const command = ['ping', '-n', '-q', '-c', '400', '-i', '0.01', '-W', '2', stations[1]!.ip];
    let pinging = true;
    const ping = world.runIn(stations[0]!, ...command).finally(() => {
      pinging = false;
    });
    let version = 1;
    do {
      await swapFor(3, ++version);
      await swapFor(2, ++version);
    } while (pinging);
    assert.match(await ping, /400 packets transmitted, 400 received/);
    assert.ok(await world.reaches(stations[2]!, stations[1]!.ip), 'the one that came reaches it');
  });

  it('is sent the difference, and nothing where there is none', async () => {
    const dump = async (): Promise<string[]> =>
      (
        await Promise.all(
          Object.entries(sites.machines).map(async ([name, machine]) =>
            name === 'tgw'
              ? []
              : (await world.dumpFlows(machine, 'br-iris', '--no-stats')).map((flow) => `${name} ${flow}`),
          ),
        )
      ).flat();
    const before = await dump();
    sent.length = 0;
    await driver.ensure(viOf(100, 0, 1, 2, 3));
    const after = await dump();
    const added = after.filter((flow) => !before.includes(flow));
    assert.ok(added.length > 0 && added.length < after.length, `${added.length} of ${after.length}`);
    assert.equal(
      sent.reduce((sum, round) => sum + round.added, 0),
      added.length,
    );
    sent.length = 0;
    await driver.ensure(viOf(101, 0, 1, 2, 3));
    assert.deepEqual(sent, []);
    assert.deepEqual(await dump(), after);
  });
});

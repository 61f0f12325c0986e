/** More news than a port may tell is dropped in its switch, and counted: on a real Open vSwitch. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { createOvsWorld, type OvsWorld, type Station, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';
import { stands } from './stand.js';

describe('the meter of a port’s news', function () {
  this.timeout(400_000);
  const vi = toVi({ viNumber: 1, key: 1, vmNodes: ['n'] });
  const newsPerSecond = 5;
  let world: OvsWorld;
  let driver: NetworkDriver | undefined;
  let station: Station;

  before(async () => {
    world = createOvsWorld();
    const machine = await world.addMachine('n');
    const network = {
      ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathId: '00000000000000f5' },
      ...{ underlay: '10.9.0.1', datapathType: 'netdev' },
    };
    const site = siteFileSchema.parse({
      ...{ site: 's', nodes: [{ name: 'n', network }], tenants: [{ name: 'alpha' }] },
      registry: { newsPerSecond },
      reservations: { watchSeconds: 0.2 },
    });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    const { mac, ip, portName } = vi.vms[0]!.nics[0]!;
    station = await world.addStation(machine, portName, { name: 'vm1', mac, ip: ip! });
    await world.plug(machine, portName);
    await stands(driver, vi);
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  it('lets through what the site file says, and what it drops is counted', async () => {
    const counts = async () => (await driver!.status())[0]!;
    const before = (await counts()).packetIns;
    const startedMs = performance.now();
    // With a MAC that it is not listed with, whatever it asks is news, and stays so.
    await world.runIn(station, 'ip', 'link', 'set', 'eth0', 'address', '52:54:00:be:ef:01');
    const askMany = 'ip neigh flush all; for n in $(seq 100 139); do ping -c 1 -W 1 192.168.7.$n & done; wait; true';
    const { packetIns, packetInsDropped } = await until('packets that the meter has dropped', async () => {
      await world.runIn(station, 'sh', '-c', askMany);
      const now = await counts();
      return (now.packetInsDropped.meter ?? 0) > 0 ? now : undefined;
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const heard = packetIns - before;
    assert.ok(heard <= newsPerSecond * (seconds + 2), `${heard} packets in ${seconds} s`);
    assert.deepEqual(Object.keys(packetInsDropped), ['meter']);
  });
});

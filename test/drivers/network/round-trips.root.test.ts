/** A plan costs a handful of round trips, however many flows it has: counted on the sockets of a real switch that is far away. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { tables } from '../../../src/drivers/network/plan/pipeline.js';
import { silentLog } from '../../../src/lib/log.js';
import { type DelayingRelay, freePort, startDelayingRelay, startForwarder } from './delaying-relay.js';
import { createOvsWorld, type Machine, type OvsWorld, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';

const delayMs = 60;

describe('network driver far from its switch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let machine: Machine;
  let openflow: DelayingRelay | undefined;
  let ovsdb: DelayingRelay | undefined;
  let forwarder: ChildProcess | undefined;
  let driver: NetworkDriver | undefined;

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('far');
    const port = await freePort();
    const [database, channel] = [`${machine.directory}/far.db`, `${machine.directory}/far.ctl`];
    ovsdb = await startDelayingRelay(
      database,
      { path: `${machine.directory}/db.sock` },
      { delayMs, irisConnects: true },
    );
    openflow = await startDelayingRelay(channel, { host: '127.0.0.1', port }, { delayMs, irisConnects: false });
    forwarder = await startForwarder(machine.namespace, port, channel);
    const site = siteFileSchema.parse({
      site: 's',
      nodes: [
        {
          name: 'far',
          network: {
            ovsdb: `unix:${database}`,
            controller: `tcp:127.0.0.1:${port}`,
            datapathId: '00000000000000f1',
            underlay: '10.9.0.1',
            datapathType: 'netdev',
          },
          gateway: { address: '203.0.113.1' },
        },
      ],
      // Its own questions are not to be counted.
      reservations: { watchSeconds: 3_600 },
      tenants: [{ name: 'alpha' }],
    });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    await until('the switch', async () => (await driver!.status())[0]!.connected || undefined);
  });

  after(async () => {
    await driver?.stop();
    forwarder?.kill();
    await openflow?.close();
    await ovsdb?.close();
    await world?.close();
  });

  const viWith = (viNumber: number, hosts: number) =>
    toVi({
      viNumber,
      key: viNumber,
      vmNodes: [],
      gateway: 'far',
      peers: [{ name: 'p', number: 2 }],
      hosts: Array.from({ length: hosts }, (_, index) => ({
        mac: `52:54:0${viNumber}:00:${Math.floor(index / 256)
          .toString(16)
          .padStart(2, '0')}:${(index % 256).toString(16).padStart(2, '0')}`,
        vlan: 0,
        site: 'p',
      })),
    });

  async function costOf(viNumber: number, hosts: number): Promise<{ openflow: number; ovsdb: number }> {
    const before = { openflow: openflow!.roundTrips(), ovsdb: ovsdb!.roundTrips() };
    await driver!.ensure(viWith(viNumber, hosts));
    return { openflow: openflow!.roundTrips() - before.openflow, ovsdb: ovsdb!.roundTrips() - before.ovsdb };
  }

  it('needs as many round trips for two thousand flows as for two', async () => {
    const few = await costOf(1, 1);
    const many = await costOf(2, 2_000);
    assert.equal(
      (await world.dumpFlows(machine)).filter((line) => line.includes(`table=${tables.unicast},`)).length,
      2_001 + 2,
    );
    // One may be an ECHO that came meanwhile.
    assert.ok(few.openflow <= 6 && few.ovsdb <= 3, JSON.stringify(few));
    assert.ok(many.openflow <= 6 && many.ovsdb <= 3, JSON.stringify(many));
  });

  it('reads back once, and sends nothing, when all is as it should be', async () => {
    const again = await costOf(1, 1);
    assert.ok(again.openflow <= 2 && again.ovsdb <= 1, JSON.stringify(again));
  });
});

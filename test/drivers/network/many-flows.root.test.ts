/** A real switch with more than ten thousand flows: what becomes of them, and of a ping through them, when it connects anew, has lost one, many, or all. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { tables } from '../../../src/drivers/network/plan/pipeline.js';
import { silentLog } from '../../../src/lib/log.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station, until } from './ovs-world.js';
import { testInstance, toMac, toVi } from './sites.js';
import { stands } from './stand.js';

const hostCount = 2_600;
const fewestFlows = 10_000;

const bytes = (value: number): [number, number] => [value >> 8, value & 0xff];
const hostMac = (index: number): string =>
  `52:54:00:77:${bytes(index)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')}`;
const toHost = (_: unknown, index: number) => ({
  ...{ mac: hostMac(index), ip: `10.7.${bytes(index + 1).join('.')}`, vlan: 0, site: 'p' },
});

const vi: PlacedVi = toVi({
  ...{ viNumber: 1, key: 101, vmNodes: ['n1', 'n1'], gateway: 'n1', peers: [{ name: 'p', number: 2 }] },
  hosts: Array.from({ length: hostCount }, toHost),
});

describe('a switch with ten thousand flows', function () {
  this.timeout(300_000);
  let world: OvsWorld;
  let machine: Machine;
  let driver: NetworkDriver;
  let stations: [Station, Station];
  let whole: number;

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('n1');
    const lan = await world.addLan('lan');
    await world.addUnderlay(machine, lan, 'br-phy', '10.9.0.1/24', 1);
    const site = siteFileSchema.parse({
      site: 's',
      nodes: [
        {
          name: 'n1',
          network: {
            ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathType: 'netdev' },
            ...{ datapathId: '00000000000000f7', underlay: '10.9.0.1' },
          },
          gateway: { address: '203.0.113.1' },
        },
      ],
      peers: [{ site: 'p', gateways: ['203.0.113.2'] }],
      tenants: [{ name: 'alpha' }],
    });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    const [first, second] = await Promise.all(
      [1, 2].map((number) =>
        world.addStation(machine, `t1-${number}`, {
          ...{ name: `vm${number}`, mac: toMac(1, number), ip: `192.168.7.${20 + number}` },
        }),
      ),
    );
    stations = [first!, second!];
    for (const number of [1, 2]) await world.plug(machine, `t1-${number}`);
    await stands(driver, vi);
    whole = await flowCount();
    assert.ok(whole >= fewestFlows, `${whole} flows`);
  });
  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  async function flowCount(): Promise<number> {
    const { stdout } = await world.ofctl(machine, 'dump-aggregate');
    return Number(/flow_count=(\d+)/.exec(stdout)![1]);
  }
  const isWhole = () => until('all flows', async () => (await flowCount()) === whole || undefined);
  const reconnect = () =>
    runCommand('ovs-appctl', ['-t', `${machine.directory}/ovs-vswitchd.ctl`, 'bridge/reconnect', 'br-iris']);
  const unicastOf = (host: number): string => `table=${tables.unicast},dl_dst=${hostMac(host)}`;

  /** Seconds since each flow was put there, or put there again. */
  async function ages(): Promise<number[]> {
    const flows = await world.dumpFlows(machine);
    return flows.map((flow) => Number(/duration=([\d.]+)s/.exec(flow)![1]));
  }

  /** Pings from one VM to the other for as long as `work` takes; how many of those that had an answer after them had none. */
  async function lostDuring(work: () => Promise<unknown>): Promise<number> {
    const [from, to] = stations;
    assert.ok(await world.ping(from, to.ip));
    const pinging = world.runIn(
      from,
      'sh',
      '-c',
      `ping -n -i 0.01 ${to.ip} & echo $! >${machine.directory}/ping; wait`,
    );
    await work();
    await runCommand('sh', ['-c', `kill -INT $(cat ${machine.directory}/ping)`]);
    const said = await pinging;
    // The last may still have been on its way.
    const answered = new Set([...said.matchAll(/icmp_seq=(\d+) ttl/g)].map(([, sequence]) => Number(sequence)));
    assert.ok(answered.size > 10, said);
    return Math.max(...answered) - answered.size;
  }

  it('that connects anew is looked at, and sent only the flow that it lacks; a ping misses nothing', async () => {
    await until('flows older than a second', async () => Math.min(...(await ages())) > 1 || undefined);
    const startedAt = Date.now();
    const lost = await lostDuring(async () => {
      await world.ofctl(machine, 'del-flows', unicastOf(7));
      await reconnect();
      await isWhole();
      // Read back once more, so that it has been looked at whatever brought the one back.
      await stands(driver, vi);
    });
    const elapsedSeconds = (Date.now() - startedAt) / 1_000;
    const again = (await ages()).filter((age) => age < elapsedSeconds);
    assert.ok(again.length <= 3, `${again.length} flows were put there again`);
    assert.equal(lost, 0);
  });

  it('that has lost most of them has them back, and a ping through the others misses nothing', async () => {
    const lost = await lostDuring(async () => {
      await world.ofctl(machine, 'del-flows', `table=${tables.resolve}`);
      await reconnect();
      await isWhole();
    });
    assert.equal(lost, 0);
  });

  it('that was restarted has all of them again', async () => {
    await world.stopSwitch(machine);
    await world.startSwitch(machine);
    await isWhole();
    assert.ok(await world.ping(...([stations[0], stations[1].ip] as const)));
  });
});

/** Real switches that answer ARP and neighbour solicitations by themselves: what the controller hears, and what works without it. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { CommandError } from '../../../src/lib/run-command.js';
import { type DelayingRelay, freePort, startDelayingRelay, startForwarder } from './delaying-relay.js';
import { instances, osakaVi, tokyoVi } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';
import { stands } from './stand.js';

const quiet = { nodeChanged: () => {}, registryChanged: () => {} };
const hostIp = '192.168.7.200';

describe('a switch that answers by itself', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let tokyo: NetworkDriver;
  let osaka: NetworkDriver;
  let vm1: Station;
  let vm2: Station;
  let host: Station;

  const addIpv6 = (station: Station, address: string) =>
    world.runIn(station, 'ip', 'address', 'replace', `${address}/64`, 'dev', 'eth0', 'nodad');
  /** What each has at first, and again after each test: a second try begins like the first. */
  const giveAddresses = async (): Promise<void> => {
    for (const [index, station] of [host, vm1, vm2].entries()) {
      await world.runIn(station, 'ip', 'address', 'flush', 'dev', 'eth0', 'scope', 'global');
      await world.runIn(station, 'ip', 'address', 'replace', `${station.ip}/24`, 'dev', 'eth0');
      await addIpv6(station, `fd00::${index + 1}`);
    }
  };

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    tokyo = createOvsNetworkDriver({ site: sites.tokyo, instance: instances.tokyo, log: silentLog });
    osaka = createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log: silentLog });
    await Promise.all([tokyo.start(quiet), osaka.start(quiet)]);
    host = await world.addStation(sites.machines.tgw, 'lan1', { name: 'host', mac: '52:54:00:aa:00:01', ip: hostIp });
    const [nic1, nic2] = osakaVi(1, 101, 'gre').vms.map((vm) => vm.nics[0]!);
    vm1 = await world.addStation(sites.machines.on1, 't1-1', { name: 'vm1', mac: nic1!.mac, ip: nic1!.ip! });
    vm2 = await world.addStation(sites.machines.on2, 't1-2', { name: 'vm2', mac: nic2!.mac, ip: nic2!.ip! });
    await world.plug(sites.machines.on1, 't1-1');
    await world.plug(sites.machines.on2, 't1-2');
    await giveAddresses();
    await Promise.all([stands(tokyo, tokyoVi(1, 101, 'gre')), stands(osaka, osakaVi(1, 101, 'gre'))]);
  });

  after(async () => {
    await Promise.all([tokyo?.stop(), osaka?.stop()]);
    await world?.close();
  });

  afterEach(() => giveAddresses());

  const forget = (station: Station) => world.runIn(station, 'ip', 'neigh', 'flush', 'all');
  const pairs = (): [Station, string][] => [
    [vm1, vm2.ip],
    [vm1, hostIp],
    [host, vm2.ip],
    [vm2, 'fd00::2'],
    [host, 'fd00::3'],
  ];

  async function everybodyResolves(): Promise<void> {
    for (const [from, to] of pairs()) {
      await forget(from);
      assert.ok(await world.reaches(from, to), `${from.namespace} → ${to}`);
    }
  }

  const macOf = (index: number): string => osakaVi(1, 101, 'gre').vms[index]!.nics[0]!.mac;
  const heardOf = async (driver: NetworkDriver): Promise<number> =>
    (await driver.status()).reduce((sum, { packetIns }) => sum + packetIns, 0);
  const heard = async (): Promise<number> => (await heardOf(tokyo)) + (await heardOf(osaka));

  /** Until nothing is news any more: everyone has asked, and has its flows. */
  const settleDown = () =>
    until('a round of questions without news', async () => {
      const before = await heard();
      await everybodyResolves();
      return (await heard()) === before || undefined;
    });

  it('costs the controller nothing once everybody is known', async () => {
    // Link-local addresses are news, too, as they come up one by one.
    await settleDown();
    const before = await heard();
    for (let round = 0; round < 3; round++) await everybodyResolves();
    const news = (await heard()) - before;
    // Neighbour caches live: a solicitation for a link-local address may come at any time, a question of ours is none of them.
    assert.ok(news <= 2, `${news} packets in 15 resolutions`);
  });

  it('answers at once, in the name of one who does not hear the question', async () => {
    await forget(vm1);
    const ear = await world.listen(host, 'arp or icmp6');
    await world.runIn(vm1, 'busybox', 'arping', '-c', '3', '-I', 'eth0', hostIp);
    await world.ping(vm1, hostIp);
    const lines = await ear.stop();
    assert.deepEqual(
      lines.filter((line) => line.includes(`who-has ${hostIp}`)),
      [],
    );
  });

  it('does not answer the owner of an address, nor for what stands behind the port that asks', async () => {
    // Ends with 1 if somebody says that he has it.
    for (const station of [vm1, vm2, host])
      await world.runIn(station, 'busybox', 'arping', '-D', '-c', '1', '-w', '1', '-I', 'eth0', station.ip);
    await until('the announcement at the other site', async () => {
      const ear = await world.listen(host, 'arp');
      await world.runIn(vm1, 'busybox', 'arping', '-U', '-c', '1', '-w', '1', '-I', 'eth0', vm1.ip).catch(() => {});
      return (await ear.stop()).some((line) => line.includes(vm1.ip)) || undefined;
    });
  });

  it('has a duplicate found by the one who has the address', async () => {
    // vm2 tries whether vm1's address is free: only vm1 itself may say that it is not.
    const ear = await world.listen(vm1, `arp and ether src ${macOf(1)}`);
    const found = await world.runIn(vm2, 'busybox', 'arping', '-D', '-c', '10', '-w', '20', '-I', 'eth0', vm1.ip).then(
      () => assert.fail('nobody has said that he has the address'),
      (error) => error,
    );
    const heard = await ear.stop();
    // 1 is arping's word for an answer, and for what it could not do as well; who answered is in what it says.
    assert.ok(found instanceof CommandError && found.exitCode === 1, `${found}`);
    assert.ok(found.stdout.includes(`reply from ${vm1.ip} [${macOf(0)}]`), found.stdout);
    assert.ok(
      heard.some((line) => line.includes(`who-has ${vm1.ip}`)),
      `the owner has heard the question, and not a switch alone: ${heard.join('\n')}`,
    );
  });

  it('sends the flows of a learnt address, and no others', async () => {
    const learnt = '192.168.7.77';
    const { ogw, on1, on2 } = sites.machines;
    const count = (machine: Machine) =>
      world.dumpFlows(machine).then((flows) => flows.filter((flow) => flow.includes(learnt)).length);
    await world.runIn(vm1, 'ip', 'address', 'replace', `${learnt}/32`, 'dev', 'eth0');
    await until('the address in the registry', async () => {
      await world
        .runIn(vm1, 'busybox', 'arping', '-c', '1', '-w', '1', '-I', 'eth0', '-s', learnt, vm2.ip)
        .catch(() => {});
      return (await osaka.registry('vi-1')).find(({ ips }) => ips.includes(learnt));
    });
    await until('its flows', async () => {
      const more = await Promise.all([ogw, on1, on2].map(count));
      // The gateway and the other node: the answer and its exception; its own: beside these its sender, and its port that asks.
      return more.join() === '2,4,2' || undefined;
    });
  });

  it('resolves, carries and floods with every Iris stopped', async () => {
    await settleDown();
    await Promise.all([tokyo.stop(), osaka.stop()]);
    await everybodyResolves();
    // Nobody has told the registry of these two: they are found by flooding, over the WAN as well.
    await world.runIn(vm2, 'ip', 'address', 'replace', '192.168.7.99/24', 'dev', 'eth0');
    await addIpv6(vm2, 'fd00::99');
    for (const from of [vm1, host])
      for (const to of ['192.168.7.99', 'fd00::99']) {
        await forget(from);
        assert.ok(await world.reaches(from, to), `${from.namespace} → ${to}`);
      }
  });
});

describe('a switch without the extension for it', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let machine: Machine;
  let relay: DelayingRelay | undefined;
  let forwarder: ChildProcess | undefined;
  let driver: NetworkDriver | undefined;
  let stations: Station[];

  /** Nicira's number becomes one that no switch knows. */
  function withoutNicira(fromIris: Buffer): Buffer {
    const altered = Buffer.from(fromIris);
    for (let at = altered.indexOf('00002320', 0, 'hex'); at >= 0; at = altered.indexOf('00002320', at, 'hex'))
      altered.writeUInt32BE(0x2321, at);
    return altered;
  }

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('old');
    const port = await freePort();
    const channel = `${machine.directory}/old.ctl`;
    const toIris = { host: '127.0.0.1', port };
    relay = await startDelayingRelay(channel, toIris, { delayMs: 0, irisConnects: false, alter: withoutNicira });
    forwarder = await startForwarder(machine.namespace, port, channel);
    const network = {
      ...{ ovsdb: machine.ovsdb, controller: `tcp:127.0.0.1:${port}`, datapathId: '00000000000000f2' },
      ...{ underlay: '10.9.0.1', datapathType: 'netdev' },
    };
    const site = siteFileSchema.parse({
      site: 's',
      nodes: [{ name: 'old', network }],
      tenants: [{ name: 'alpha' }],
    });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start(quiet);
    const vi = toVi({ viNumber: 1, key: 1, vmNodes: ['old', 'old'] });
    stations = [];
    for (const [index, vm] of vi.vms.entries()) {
      const { mac, ip, portName } = vm.nics[0]!;
      stations.push(await world.addStation(machine, portName, { name: `vm${index}`, mac, ip: ip! }));
      await world.plug(machine, portName);
    }
    await stands(driver, vi);
  });

  after(async () => {
    await driver?.stop();
    forwarder?.kill();
    await relay?.close();
    await world?.close();
  });

  it('is answered for by the controller', async () => {
    const [one, other] = stations;
    const before = (await driver!.status())[0]!.packetIns;
    await until('a ping', async () => {
      await world.runIn(one!, 'ip', 'neigh', 'flush', 'all');
      return (await world.ping(one!, other!.ip)) || undefined;
    });
    assert.ok((await driver!.status())[0]!.packetIns > before);
    const flows = await world.dumpFlows(machine, 'br-iris', '--names');
    assert.ok(flows.some((flow) => /table=sender.*arp.*CONTROLLER:65535$/.test(flow)));
    assert.ok(!flows.some((flow) => flow.includes('move:')));
  });
});

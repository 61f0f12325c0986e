/** Machines that move between sites, claim to be at two, and gateways that are two: what real switches of both sites make of it. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { Place } from '../../../src/domain/registry/registry-entry.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { instances, osakaVi, tokyoVi } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type OvsWorld, type Station, until } from './ovs-world.js';
import { stands } from './stand.js';

const quiet = { nodeChanged: () => {}, registryChanged: () => {} };
const mover = { mac: '52:54:00:be:ef:01', ip: '192.168.7.230' };
const inOsaka: Place = { kind: 'port', node: 'on1', portName: 't1-1' };
const inTokyo: Place = { kind: 'port', node: 'tgw', portName: 'lan1' };

describe('machines between sites', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let tokyo: NetworkDriver;
  let osaka: NetworkDriver;
  /** Where the mover may be, behind ports that have machines of their own. */
  let osakaHost: Station;
  let tokyoHost: Station;
  let watcher: Station;

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    // A second gateway that the segment does not use.
    const second = sites.osaka.nodes.find(({ name }) => name === 'on2')!;
    second.gateway = { address: '203.0.113.3', mtu: 1500 };
    tokyo = createOvsNetworkDriver({ site: sites.tokyo, instance: instances.tokyo, log: silentLog });
    osaka = createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log: silentLog });
    await Promise.all([tokyo.start(quiet), osaka.start(quiet)]);
    const [nic1, nic2] = osakaVi(1, 101, 'gre').vms.map((vm) => vm.nics[0]!);
    const { tgw, on1, on2 } = sites.machines;
    const hostMac = '52:54:00:aa:00:01';
    tokyoHost = await world.addStation(tgw, 'lan1', { name: 'host', mac: hostMac, ip: '192.168.7.200' });
    osakaHost = await world.addStation(on1, 't1-1', { name: 'vm1', mac: nic1!.mac, ip: nic1!.ip! });
    originals = new Map([
      [osakaHost, nic1!.mac],
      [tokyoHost, hostMac],
    ]);
    watcher = await world.addStation(on2, 't1-2', { name: 'vm2', mac: nic2!.mac, ip: nic2!.ip! });
    await world.plug(on1, 't1-1');
    await world.plug(on2, 't1-2');
    await Promise.all([stands(tokyo, tokyoVi(1, 101, 'gre')), stands(osaka, osakaVi(1, 101, 'gre'))]);
  });

  after(async () => {
    await Promise.all([tokyo?.stop(), osaka?.stop()]);
    await world?.close();
  });

  /** MACs of those that may become the mover. */
  let originals: Map<Station, string>;
  async function become(station: Station): Promise<void> {
    await world.runIn(station, 'ip', 'link', 'set', 'eth0', 'address', mover.mac);
    await world.runIn(station, 'ip', 'address', 'replace', `${mover.ip}/24`, 'dev', 'eth0');
  }
  async function leave(station: Station): Promise<void> {
    await world.runIn(station, 'ip', 'address', 'flush', 'dev', 'eth0', 'to', `${mover.ip}/32`);
    await world.runIn(station, 'ip', 'link', 'set', 'eth0', 'address', originals.get(station)!);
  }
  /** Also when a test ended half way: a second try begins like the first. */
  afterEach(async () => {
    for (const station of originals.keys()) await leave(station);
  });
  const announce = (station: Station) =>
    world
      .runIn(station, ...['busybox', 'arping', '-U', '-c', '1', '-w', '1', '-I', 'eth0', mover.ip])
      .catch(() => undefined);

  const placeIn = async (driver: NetworkDriver): Promise<Place | undefined> =>
    (await driver.registry('vi-1')).find(({ mac, vlan }) => vlan === 0 && mac === mover.mac)?.place;
  const isAt = async (atTokyo: Place, atOsaka: Place): Promise<boolean> =>
    JSON.stringify([await placeIn(tokyo), await placeIn(osaka)]) === JSON.stringify([atTokyo, atOsaka]);
  const isInOsaka = (): Promise<boolean> => isAt({ kind: 'site', site: 'osaka' }, inOsaka);
  const isInTokyo = (): Promise<boolean> => isAt(inTokyo, { kind: 'site', site: 'tokyo' });

  const settled = (station: Station, isThere: () => Promise<boolean>) =>
    until('both sites to agree where it is', async () => {
      await announce(station);
      return (await isThere()) || undefined;
    });
  const isReached = (from: Station) =>
    until('an answer from where it is', async () => {
      await world.runIn(from, 'ip', 'neigh', 'flush', 'all');
      return (await world.ping(from, mover.ip)) || undefined;
    });

  /** Everything that any switch has of it. */
  const flowsOfMover = async (): Promise<string[]> => {
    const perMachine = await Promise.all(
      Object.values(sites.machines).map(async (machine) =>
        (await world.dumpFlows(machine, 'br-iris', '--names', '--no-stats')).map((flow) => `${machine.name} ${flow}`),
      ),
    );
    return perMachine
      .flat()
      .filter((flow) => flow.includes(mover.mac) || flow.includes(mover.ip))
      .sort();
  };

  it('one that moves to the other site and back is reached at once, and leaves nothing stale', async () => {
    await become(osakaHost);
    await settled(osakaHost, isInOsaka);
    await isReached(watcher);
    const before = await flowsOfMover();
    assert.ok(before.length > 0);

    await leave(osakaHost);
    await become(tokyoHost);
    await settled(tokyoHost, isInTokyo);
    await isReached(watcher);
    assert.notDeepEqual(await flowsOfMover(), before);

    await leave(tokyoHost);
    await become(osakaHost);
    await settled(osakaHost, isInOsaka);
    await isReached(watcher);
    await until('the flows of before', async () => {
      const now = await flowsOfMover();
      return now.join() === before.join() || undefined;
    });
  });

  it('two sites that disagree settle, and no frame goes round', async () => {
    await become(osakaHost);
    await become(tokyoHost);
    const ear = await world.listen(watcher, `ether src ${mover.mac} and (arp or rarp)`);
    const rounds = 3;
    for (let round = 0; round < rounds; round++) await Promise.all([announce(osakaHost), announce(tokyoHost)]);
    // Who speaks last is believed, by both.
    await leave(osakaHost);
    await settled(tokyoHost, isInTokyo);
    const heard = (await ear.stop()).length;
    // Each of both sites' announcements, once; beside those of `settled`, and a RARP for a move.
    assert.ok(heard > 0 && heard < 60, `${heard} frames`);
    // Announcements are gratuitous ARP or RARP: afterwards there is none but what may still be on its way.
    const flows = await flowsOfMover();
    const later = await world.listen(watcher, `ether src ${mover.mac} and (rarp or (arp and arp[14:4] = arp[24:4]))`);
    assert.ok(await world.reaches(watcher, osakaHost.ip));
    const late = (await later.stop()).length;
    assert.ok(late <= 2, `${late} frames`);
    assert.deepEqual(await flowsOfMover(), flows);
  });

  it('a second gateway of a site is no second way to the other: everybody hears a frame once', async () => {
    for (const [from, to] of [
      [watcher, tokyoHost],
      [tokyoHost, watcher],
    ] as const) {
      const nobody = '192.168.7.249';
      // A busy machine may lose a frame; none may double it.
      const copies = await until('a question that arrives', async () => {
        const ear = await world.listen(to, 'arp and arp[24:4] = 0xc0a807f9');
        await world.runIn(from, ...['busybox', 'arping', '-c', '1', '-w', '1', '-I', 'eth0', nobody]).catch(() => {});
        return (await ear.stop()).length || undefined;
      });
      assert.equal(copies, 1);
    }
    const second = await world.dumpFlows(sites.machines.on2, 'br-iris', '--names');
    assert.ok(!second.some((flow) => flow.includes('write_metadata:0x3')), 'no way to other sites');
  });
});

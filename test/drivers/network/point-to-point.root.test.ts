/** Point-to-point services on real switches: frames that cross with another tag, those that do not, the meter, and the way into a VI at another site. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { toService } from './example-service.js';
import { instances, osakaVi } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station, until } from './ovs-world.js';

const quiet = { nodeChanged: () => {}, registryChanged: () => {} };

describe('point-to-point services on Open vSwitch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let tokyo: NetworkDriver;
  let osaka: NetworkDriver;
  let left: Station;
  let right: Station;
  let vm: Station;
  /** A machine in osaka and nothing beyond. */
  const whole = osakaVi(1, 101, 'gre');
  const vi: PlacedVi = { ...whole, vms: whole.vms.slice(0, 1), peers: [], hosts: [] };

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    const { tgw, on1 } = sites.machines;
    tokyo = createOvsNetworkDriver({ site: sites.tokyo, instance: instances.tokyo, log: silentLog });
    osaka = createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log: silentLog });
    await Promise.all([tokyo.start(quiet), osaka.start(quiet)]);
    left = await world.addStation(tgw, 'lan1', {
      name: 'left',
      mac: '52:54:00:bb:00:01',
      ip: '192.168.7.201',
      vlan: { id: 100, ip: '192.168.9.1' },
    });
    right = await world.addStation(tgw, 'lan2', {
      name: 'right',
      mac: '52:54:00:bb:00:02',
      ip: '192.168.10.2',
      vlan: { id: 200, ip: '192.168.9.2' },
    });
    await world.runIn(left, 'ip', 'address', 'add', '192.168.10.1/24', 'dev', 'eth1');
    const nic = vi.vms[0]!.nics[0]!;
    vm = await world.addStation(on1, nic.portName, { name: 'vm', mac: nic.mac, ip: nic.ip! });
    await world.plug(on1, nic.portName);
  });

  after(async () => {
    await Promise.all([tokyo?.stop(), osaka?.stop()]);
    await world?.close();
  });

  const reaches = (from: Station, to: string) =>
    until(`a way to ${to}`, async () => ((await world.ping(from, to)) ? true : undefined));

  async function isEmpty(machine: Machine): Promise<void> {
    assert.deepEqual(await world.dumpFlows(machine), []);
    assert.deepEqual(await world.dumpMeters(machine), []);
    const ports = (await world.vsctl(machine, 'list-ports', 'br-iris')).split('\n').filter((name) => name !== '');
    assert.deepEqual(
      ports.filter((name) => name !== vi.vms[0]!.nics[0]!.portName),
      [],
    );
  }

  async function during(driver: NetworkDriver, service: PlacedVi, use: () => Promise<void>): Promise<void> {
    await driver.ensure(service);
    await use();
    await driver.remove(service);
  }

  it('gives frames of VLAN 100 on lan1 out as VLAN 200 on lan2 and back, and no others', async () => {
    const service = toService(sites.tokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'lan2?vlan=200' });
    await during(tokyo, service, async () => {
      await reaches(left, '192.168.9.2');
      await reaches(right, '192.168.9.1');
      assert.equal(await world.ping(left, '192.168.7.3'), false, 'untagged on lan1');
    });
    assert.equal(await world.ping(left, '192.168.9.2'), false, 'after it was removed');
    await isEmpty(sites.machines.tgw);
  });

  it('does not join the VLANs where they are others', async () => {
    const service = toService(sites.tokyo, { viNumber: 5, from: 'lan1?vlan=101', to: 'lan2?vlan=200' });
    await during(tokyo, service, async () => {
      assert.equal(await world.ping(left, '192.168.9.2'), false);
    });
  });

  const fromVlan100 = (...tags: string[]) =>
    ['in_port=lan1', 'dl_vlan=100', 'dl_src=52:54:00:bb:00:01', 'dl_dst=52:54:00:bb:00:02', ...tags].join();

  it('takes the tag off for an untagged port, and lets nothing out that bears another below it', async () => {
    const service = toService(sites.tokyo, { viNumber: 6, from: 'lan1?vlan=100', to: 'lan2?vlan=0' });
    await during(tokyo, service, async () => {
      await reaches(left, '192.168.10.2');
      assert.match(await world.trace(sites.machines.tgw, fromVlan100('dl_type=0x0800')), /actions: .*pop_vlan/);
      assert.match(await world.trace(sites.machines.tgw, fromVlan100('dl_type=0x8100')), /actions: drop/);
      assert.match(await world.trace(sites.machines.tgw, fromVlan100('dl_type=0x88a8')), /actions: drop/);
    });
  });

  /** Frames of 1,400 bytes as fast as they go. */
  const train = (from: Station, to: string) =>
    world.runIn(from, 'sh', '-c', `ping -n -q -f -c 400 -s 1358 -W 1 ${to} || true`);
  const droppedBy = async (): Promise<number> => {
    const { stdout } = await world.ofctl(sites.machines.tgw, 'meter-stats');
    return [...stdout.matchAll(/packet_count:(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('drops what is above its capacity, takes on a greater one, and then drops no more', async () => {
    const service = (capacityMbit: number) =>
      toService(sites.tokyo, { viNumber: 2_000_000_007, from: 'lan1?vlan=100', to: 'lan2?vlan=200', capacityMbit });
    await during(tokyo, service(1), async () => {
      await reaches(left, '192.168.9.2');
      await until('a frame too many', async () => {
        await train(left, '192.168.9.2');
        return (await droppedBy()) > 0 ? true : undefined;
      });
      await tokyo.ensure(service(10_000));
      const before = await droppedBy();
      await train(left, '192.168.9.2');
      assert.equal(await droppedBy(), before);
    });
    await isEmpty(sites.machines.tgw);
  });

  it('leads from a port at one site into a VI at the other, each site building its half', async () => {
    const here = toService(sites.tokyo, { viNumber: 8, from: 'lan1?vlan=100', to: 'peer+osaka?vlan=1234' });
    const there = toService(sites.osaka, {
      viNumber: 9,
      from: 'peer+tokyo?vlan=1234',
      to: `vi+${vi.connectionId}`,
      vis: [vi],
    });
    await world.runIn(left, 'ip', 'address', 'add', '192.168.7.202/32', 'dev', 'eth1');
    await world.runIn(left, 'ip', 'route', 'add', `${vm.ip}/32`, 'dev', 'eth1', 'src', '192.168.7.202');
    await Promise.all([osaka.ensure(there), tokyo.ensure(here)]);
    await osaka.ensure(vi);
    await reaches(left, vm.ip);
    await reaches(vm, '192.168.7.202');
    await osaka.remove(there);
    assert.equal(await world.ping(vm, '192.168.7.202'), false, 'the VI stands, and the service does not');
    await Promise.all([osaka.remove(vi), tokyo.remove(here)]);
    for (const machine of Object.values(sites.machines)) await isEmpty(machine);
  });
});

/** The driver on real switches: two sites, two tenants with the same addresses, and everything that goes wrong on the way. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { Encapsulation } from '../../../src/domain/vi/criteria.js';
import { encapsulations } from '../../../src/domain/vi/criteria.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { createLog, silentLog } from '../../../src/lib/log.js';
import { instances, osakaVi, tokyoVi } from './example-vi.js';
import { type OvsSites, raiseSites } from './ovs-site.js';
import { createOvsWorld, type OvsWorld, type Station, until } from './ovs-world.js';
import { stands } from './stand.js';

const log =
  process.env.IRIS_TEST_LOG === undefined ? silentLog : createLog({ name: 'test', level: process.env.IRIS_TEST_LOG });
const quiet = { nodeChanged: () => {}, registryChanged: () => {} };

describe('network driver on Open vSwitch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let sites: OvsSites;
  let tokyo: NetworkDriver;
  let osaka: NetworkDriver;
  let foreignBefore: string;
  const stations = new Map<string, Station>();
  const station = (name: string): Station => stations.get(name)!;

  const foreignState = async (): Promise<string> => {
    const list = await world.vsctl(
      sites.machines.on1,
      '--columns=_uuid,name,ports,controller,fail_mode,external_ids',
      'list',
      'Bridge',
      'br-int',
    );
    const ports = await world.vsctl(sites.machines.on1, 'list', 'Port', 'foreign0');
    const controller = await world.vsctl(
      sites.machines.on1,
      '--columns=_uuid,target',
      'list',
      'Controller',
      (await world.vsctl(sites.machines.on1, 'get', 'Bridge', 'br-int', 'controller')).replace(/[[\]\s]/g, ''),
    );
    const flows = await world.dumpFlows(sites.machines.on1, 'br-int', '--no-stats');
    return [list, ports, controller, ...flows].join('\n');
  };

  before(async () => {
    world = createOvsWorld();
    sites = await raiseSites(world);
    const { on1 } = sites.machines;
    await world.vsctl(
      on1,
      ...['add-br', 'br-int', '--', 'set', 'Bridge', 'br-int', 'datapath_type=netdev', 'fail_mode=secure'],
      ...['--', 'set-controller', 'br-int', 'tcp:127.0.0.1:9', '--', 'add-port', 'br-int', 'foreign0'],
      ...['--', 'set', 'Interface', 'foreign0', 'type=vxlan', 'options:remote_ip=198.51.100.9', 'options:key=flow'],
    );
    foreignBefore = await foreignState();
    tokyo = createOvsNetworkDriver({ site: sites.tokyo, instance: instances.tokyo, log });
    osaka = createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log });
    await Promise.all([tokyo.start(quiet), osaka.start(quiet)]);
    for (const tenant of [1, 2]) {
      const host = {
        name: `host${tenant}`,
        mac: '52:54:00:aa:00:01',
        ip: '192.168.7.200',
        vlan: { id: 100, ip: '192.168.8.200' },
      };
      stations.set(host.name, await world.addStation(sites.machines.tgw, `lan${tenant}`, host));
      for (const [index, nic] of osakaVi(tenant, 100 + tenant, 'gre')
        .vms.map((vm) => vm.nics[0]!)
        .entries()) {
        const machine = index === 0 ? sites.machines.on1 : sites.machines.on2;
        const name = `vm${tenant}-${index + 1}`;
        const tagged = { id: 100, ip: `192.168.8.${index + 1}` };
        stations.set(
          name,
          await world.addStation(machine, nic.portName, { name, mac: nic.mac, ip: nic.ip!, vlan: tagged }),
        );
        await world.plug(machine, nic.portName);
      }
    }
  });

  after(async () => {
    await Promise.all([tokyo?.stop(), osaka?.stop()]);
    await world?.close();
  });

  const ensureBoth = (tenant: number, encapsulation: Encapsulation) =>
    Promise.all([
      stands(tokyo, tokyoVi(tenant, 100 + tenant, encapsulation)),
      stands(osaka, osakaVi(tenant, 100 + tenant, encapsulation)),
    ]);
  const removeBoth = (tenant: number, encapsulation: Encapsulation) =>
    Promise.all([
      tokyo.remove(tokyoVi(tenant, 100 + tenant, encapsulation)),
      osaka.remove(osakaVi(tenant, 100 + tenant, encapsulation)),
    ]);

  const portsOf = async (machine: OvsSites['machines']['tgw']): Promise<string[]> =>
    (await world.vsctl(machine, 'list-ports', 'br-iris'))
      .split('\n')
      .filter((name) => name !== '')
      .sort();

  const portNumbers = async (machine: OvsSites['machines']['tgw']): Promise<Map<number, string>> => {
    const entries = (await portsOf(machine)).map(
      async (port): Promise<[number, string]> => [
        Number(await world.vsctl(machine, 'get', 'Interface', port, 'ofport')),
        port,
      ],
    );
    return new Map(await Promise.all(entries));
  };

  for (const encapsulation of encapsulations) {
    it(`joins two sites by ${encapsulation}, untagged and tagged, two tenants with the same addresses`, async () => {
      await Promise.all([ensureBoth(1, encapsulation), ensureBoth(2, encapsulation)]);
      for (const tenant of [1, 2]) {
        assert.ok(await world.reaches(station(`host${tenant}`), '192.168.7.41'), 'host → VM on node 1');
        assert.ok(await world.reaches(station(`host${tenant}`), '192.168.7.42'), 'host → VM on node 2');
        assert.ok(await world.reaches(station(`vm${tenant}-1`), '192.168.7.42'), 'VM → VM');
        assert.ok(await world.reaches(station(`host${tenant}`), '192.168.8.1'), 'host → VM, tagged');
        assert.ok(await world.reaches(station(`vm${tenant}-2`), '192.168.8.1'), 'VM → VM, tagged');
      }
      await removeBoth(1, encapsulation);
      assert.equal(await world.ping(station('vm1-1'), '192.168.7.42'), false, 'nothing of the first tenant is left');
      assert.ok(await world.reaches(station('vm2-1'), '192.168.7.42'), 'the second tenant is undisturbed');
      await removeBoth(2, encapsulation);
      for (const machine of Object.values(sites.machines)) {
        assert.deepEqual(await world.dumpFlows(machine), []);
        assert.deepEqual(await world.dumpMeters(machine), []);
        assert.deepEqual(
          (await portsOf(machine)).filter((port) => !/^t[12]-/.test(port)),
          [],
        );
      }
      assert.equal(await foreignState(), foreignBefore);
    });
  }

  it('gives the switches just what the plan says, in the words of ovs-ofctl', async () => {
    const vi = osakaVi(1, 101, 'gre');
    await stands(osaka, vi);
    for (const planned of await osaka.plan(vi)) {
      const machine = sites.machines[planned.node as keyof OvsSites['machines']];
      const numbers = await portNumbers(machine);
      const inNames = (line: string): string =>
        line.replace(/"/g, '').replace(/meter:(\d+)/, (_, meter) => `meter:${numbers.get(Number(meter))}`);
      const dumped = await world.dumpFlows(machine, 'br-iris', '--names', '--no-stats');
      assert.deepEqual(dumped.map(inNames).sort(), [...planned.flows].sort());
    }
  });

  it('answers for a machine that the registry knows, and for nobody else', async () => {
    const asked = '192.168.7.201';
    const vi = osakaVi(1, 101, 'gre');
    vi.hosts.push({ mac: '52:54:00:aa:00:02', ip: asked, vlan: 0, site: 'tokyo' });
    await stands(osaka, vi);
    assert.equal(await world.ping(station('vm1-1'), asked), false, 'nobody has that address');
    assert.match(await world.runIn(station('vm1-1'), 'ip', 'neigh', 'show', asked), /52:54:00:aa:00:02/);
    assert.equal(await world.ping(station('vm1-1'), '192.168.7.202'), false);
    assert.doesNotMatch(await world.runIn(station('vm1-1'), 'ip', 'neigh', 'show', '192.168.7.202'), /lladdr/);
  });

  it('learns who is where from what they ask', async () => {
    const tagged = await until('a tagged sender in the registry', async () => {
      await world.runIn(station('vm1-1'), 'ip', 'neigh', 'flush', 'all');
      await world.ping(station('vm1-1'), '192.168.8.2');
      return (await osaka.registry('vi-1')).find((entry) => entry.vlan === 100 && entry.ips.includes('192.168.8.1'));
    });
    assert.deepEqual(tagged.place, { kind: 'port', node: 'on1', portName: 't1-1' });
    assert.ok((await osaka.status()).find(({ node }) => node === 'on1')!.packetIns > 0);
  });

  it('follows a machine that shows up at another node', async () => {
    const { on2 } = sites.machines;
    const mover = osakaVi(1, 101, 'gre').vms[0]!.nics[0]!;
    const vi = osakaVi(1, 101, 'gre');
    const spare = { mac: '52:54:00:00:02:09', portName: 't1-9' };
    vi.vms.push({ ...vi.vms[1]!, name: 'vm9', nics: [spare] });
    const elsewhere = await world.addStation(on2, spare.portName, { name: 'vm1-9', mac: mover.mac, ip: mover.ip! });
    await world.plug(on2, spare.portName);
    await Promise.all([stands(osaka, vi), stands(tokyo, tokyoVi(1, 101, 'gre'))]);
    await world.runIn(station('vm1-1'), 'ip', 'link', 'set', 'eth0', 'down');
    await until('an answer at its new place', async () => (await world.ping(elsewhere, '192.168.7.200')) || undefined);
    // The last that was heard of it at its old place may be told after the first that was heard at the new.
    await until('its new place in the registry', async () => {
      const { place } = (await osaka.registry('vi-1')).find((entry) => entry.vlan === 0 && entry.mac === mover.mac)!;
      if (place.kind === 'port' && place.node === 'on2' && place.portName === spare.portName) return true;
      await world.runIn(elsewhere, 'ip', 'neigh', 'flush', 'all');
      await world.ping(elsewhere, '192.168.7.200');
      return undefined;
    });
    await until(
      'a host that reaches it there',
      async () => (await world.ping(station('host1'), mover.ip!)) || undefined,
    );
    await world.unplug(on2, spare.portName);
    await world.runIn(station('vm1-1'), 'ip', 'link', 'set', 'eth0', 'up');
    await stands(osaka, osakaVi(1, 101, 'gre'));
    await until(
      'the machine at its old place',
      async () => (await world.ping(station('vm1-1'), '192.168.7.42')) || undefined,
    );
  });

  it('brings everything back after a switch was restarted', async () => {
    await world.stopSwitch(sites.machines.on1);
    await until('loss of the switch', async () =>
      (await osaka.status()).find((s) => s.node === 'on1')!.connected ? undefined : true,
    );
    await world.startSwitch(sites.machines.on1);
    await until(
      'VMs that reach each other',
      async () => (await world.ping(station('vm1-1'), '192.168.7.42')) || undefined,
    );
  });

  it('brings everything back after a database was restarted', async () => {
    await world.stopDatabase(sites.machines.on1);
    await until('loss of the database', async () =>
      (await osaka.status()).find((s) => s.node === 'on1')!.problems.find((p) => p.includes('database')),
    );
    await world.startDatabase(sites.machines.on1);
    await until('a node without problems', async () =>
      (await osaka.status()).find((s) => s.node === 'on1')!.problems.length === 0 ? true : undefined,
    );
    await stands(osaka, osakaVi(1, 101, 'gre'));
  });

  it('follows a port that comes again under another number', async () => {
    const { on1 } = sites.machines;
    await world.unplug(on1, 't1-1');
    assert.equal(await world.ping(station('vm1-1'), '192.168.7.42'), false);
    await world.plug(on1, 't1-1');
    await until(
      'VMs that reach each other',
      async () => (await world.ping(station('vm1-1'), '192.168.7.42')) || undefined,
    );
  });

  it('says which node is dead and serves the others', async () => {
    const { on2 } = sites.machines;
    await world.stopSwitch(on2);
    await world.stopDatabase(on2);
    await assert.rejects(osaka.ensure(osakaVi(2, 102, 'gre')), {
      name: 'DriverError',
      errorClass: 'transient',
      node: 'on2',
    });
    assert.ok((await osaka.observe('ogw')).viNumbers.includes(2));
    await world.startDatabase(on2);
    await world.startSwitch(on2);
    await until('the node to be served', async () => {
      const observed = await osaka.observe('on2').catch(() => undefined);
      return observed?.viNumbers.includes(2) || undefined;
    });
    await osaka.remove(osakaVi(2, 102, 'gre'));
  });

  it('leaves nothing on a node that it leaves', async () => {
    await removeBoth(1, 'gre');
    await osaka.leave('on1');
    await until('the bridge to be gone', async () =>
      (await world.vsctl(sites.machines.on1, 'list-br')).includes('br-iris') ? undefined : true,
    );
    assert.equal(await foreignState(), foreignBefore);
  });
});

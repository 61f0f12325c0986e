/** Hosts on a real switch that lie, move, and ask before they have an address: who is believed, and that nobody is fooled. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';
import { stands } from './stand.js';

const quiet = { nodeChanged: () => {}, registryChanged: () => {} };
const limits = { macsPerVmPort: 3, movesPerMinute: 3, dampSeconds: 3600 };

describe('hosts on a switch', function () {
  this.timeout(400_000);
  let world: OvsWorld;
  let machine: Machine;
  let driver: NetworkDriver;
  let stations: Station[];

  const vi = (segment: Partial<PlacedVi['segment']> = {}): PlacedVi => {
    const plain = toVi({ viNumber: 1, key: 1, vmNodes: ['n', 'n', 'n'] });
    return { ...plain, segment: { ...plain.segment, ...segment } };
  };

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('n');
    const network = {
      ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathId: '00000000000000f3' },
      ...{ underlay: '10.9.0.1', datapathType: 'netdev' },
    };
    const nodes = [{ name: 'n', network }];
    const site = siteFileSchema.parse({ site: 's', nodes, registry: limits, tenants: [{ name: 'alpha' }] });
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog });
    await driver.start(quiet);
    stations = [];
    for (const [index, vm] of vi().vms.entries()) {
      const { mac, ip, portName } = vm.nics[0]!;
      stations.push(await world.addStation(machine, portName, { name: `vm${index + 1}`, mac, ip: ip! }));
      await world.plug(machine, portName);
    }
    await stands(driver, vi());
  });

  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  const run = (station: Station, ...command: string[]) => world.runIn(station, ...command);
  const tryRun = (station: Station, ...command: string[]) => run(station, ...command).catch(() => '');
  /** Says who it is, whether somebody answers or not. */
  const announce = (station: Station, ip: string) =>
    tryRun(station, ...['busybox', 'arping', '-U', '-c', '1', '-w', '1', '-I', 'eth0', ip]);
  const addAddress = (station: Station, ip: string) =>
    run(station, 'ip', 'address', 'replace', `${ip}/24`, 'dev', 'eth0');
  const removeAddress = (station: Station, ip: string) =>
    run(station, 'ip', 'address', 'del', `${ip}/24`, 'dev', 'eth0');
  const setMac = async (station: Station, mac: string): Promise<void> => {
    await run(station, 'ip', 'link', 'set', 'eth0', 'address', mac);
    await run(station, 'ip', 'neigh', 'flush', 'all');
  };
  const macOf = (index: number): string => vi().vms[index]!.nics[0]!.mac;
  const ownerOf = async (ip: string) =>
    (await driver.registry('vi-1')).find(({ ips, vlan }) => vlan === 0 && ips.includes(ip));
  const refused = async () => (await driver.status())[0]!.refused;
  type Reason = keyof Awaited<ReturnType<typeof refused>>;
  /** Whether more has been refused for this reason since now: what an earlier test, or try, had refused does not count. */
  const watchRefusals = async (reason: Reason): Promise<() => Promise<boolean>> => {
    const before = (await refused())[reason] ?? 0;
    return async () => ((await refused())[reason] ?? 0) > before;
  };
  const macKnownTo = async (station: Station, ip: string): Promise<string | undefined> => {
    await run(station, 'ip', 'neigh', 'flush', 'all');
    await world.ping(station, ip);
    return /lladdr (\S+)/.exec(await run(station, 'ip', 'neigh', 'show', ip))?.[1];
  };

  /** A test that fails half way leaves no stranger behind: the next one begins with those whom the VI lists, and so does its second try. */
  afterEach(async () => {
    for (const [index, station] of stations.entries()) {
      await run(station, 'ip', '-4', 'address', 'flush', 'dev', 'eth0');
      await addAddress(station, station.ip);
      await setMac(station, macOf(index));
    }
  });

  const pingAs = (station: Station, ip: string, to: string) =>
    run(station, ...['ping', '-n', '-c', '2', '-i', '0.2', '-W', '1', '-I', ip, to]).then(
      () => true,
      () => false,
    );
  const isAnsweredAs = (station: Station, ip: string, to: string) =>
    until(`an answer to ${ip}`, async () => (await pingAs(station, ip, to)) || undefined);

  it('an address that no machine is listed for goes with whoever announces it (VRRP)', async () => {
    const shared = '192.168.7.250';
    const [asker, master, backup] = stations as [Station, Station, Station];
    await addAddress(master, shared);
    await until('the first owner', async () => {
      await announce(master, shared);
      return (await ownerOf(shared))?.mac === macOf(1) || undefined;
    });
    await until(
      'the first owner at the asker',
      async () => (await macKnownTo(asker, shared)) === macOf(1) || undefined,
    );
    await removeAddress(master, shared);
    await addAddress(backup, shared);
    await until('the second owner', async () => {
      await announce(backup, shared);
      return (await ownerOf(shared))?.mac === macOf(2) || undefined;
    });
    await until(
      'the second owner at the asker',
      async () => (await macKnownTo(asker, shared)) === macOf(2) || undefined,
    );
    assert.ok(await world.reaches(asker, shared));
  });

  it('an address that the VI lists is nobody else’s, whatever he says', async () => {
    const [asker, owner, liar] = stations as [Station, Station, Station];
    assert.equal(await macKnownTo(asker, owner.ip), macOf(1));
    const ear = await world.listen(
      asker,
      `arp and arp[14:4] = 0x${owner.ip
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join('')}`,
    );
    const isRefused = await watchRefusals('listedElsewhere');
    await addAddress(liar, owner.ip);
    await until('the lie to be counted', async () => {
      await announce(liar, owner.ip);
      return (await isRefused()) || undefined;
    });
    await removeAddress(liar, owner.ip);
    assert.deepEqual(
      (await ear.stop()).filter((line) => line.includes(macOf(2))),
      [],
      'nobody hears it',
    );
    assert.equal((await ownerOf(owner.ip))!.mac, macOf(1));
    assert.equal(await macKnownTo(asker, owner.ip), macOf(1));
  });

  it('a port has as many machines as it may have; beyond them frames are flooded', async () => {
    const [one, other] = stations as [Station, Station];
    const made = [1, 2, 3, 4, 5].map((index) => `52:54:00:be:ef:0${index}`);
    for (const [index, mac] of made.entries()) {
      const ip = `192.168.7.${150 + index}`;
      const isRefused = await watchRefusals('portFull');
      await setMac(one, mac);
      await addAddress(one, ip);
      await until(`machine ${index}`, async () => {
        await tryRun(one, ...['busybox', 'arping', '-c', '1', '-w', '1', '-I', 'eth0', '-s', ip, other.ip]);
        return index < limits.macsPerVmPort ? ownerOf(ip) : (await isRefused()) || undefined;
      });
    }
    const known = (await driver.registry('vi-1')).map(({ mac }) => mac);
    assert.equal(made.filter((mac) => known.includes(mac)).length, limits.macsPerVmPort);
    // The last of them is served all the same.
    await isAnsweredAs(one, '192.168.7.154', other.ip);
  });

  it('a machine that moves behind a port that has as many as it may is sent what is for it all the same', async () => {
    const [full, one, asker] = stations as [Station, Station, Station];
    const mover = '52:54:00:be:ef:70';
    const ip = '192.168.7.170';
    await setMac(one, mover);
    await addAddress(one, ip);
    await until('the mover where it was', async () => {
      await announce(one, ip);
      return ownerOf(ip);
    });
    await removeAddress(one, ip);
    await setMac(one, macOf(1));
    await setMac(full, mover);
    await addAddress(full, ip);
    await until('the mover where it is', async () => {
      await announce(full, ip);
      return (await world.ping(asker, ip)) || undefined;
    });
    assert.equal(await ownerOf(ip), undefined);
    await removeAddress(full, ip);
    await setMac(full, macOf(0));
  });

  it('a MAC that is claimed from two ports in turn stays where it is', async () => {
    const [, one, other] = stations as [Station, Station, Station];
    const twice = '52:54:00:be:ef:99';
    await setMac(one, twice);
    await setMac(other, twice);
    for (const station of [one, other]) await addAddress(station, '192.168.7.180');
    const isRefused = await watchRefusals('flapping');
    await until('flapping to be counted', async () => {
      await announce(one, '192.168.7.180');
      await announce(other, '192.168.7.180');
      return (await isRefused()) || undefined;
    });
    const place = async () => JSON.stringify((await driver.registry('vi-1')).find(({ mac }) => mac === twice)!.place);
    const before = await place();
    await announce(one, '192.168.7.180');
    await announce(other, '192.168.7.180');
    assert.equal(await place(), before);
  });

  it('DHCP works before the first ARP', async () => {
    const [client, server] = stations as [Station, Station];
    const file = (name: string, text: string, mode = 0o644): string => {
      const path = join(machine.directory, name);
      writeFileSync(path, text, { mode });
      return path;
    };
    const leases = file('leases', '');
    const pid = join(machine.directory, 'udhcpd.pid');
    const conf = [
      'start 192.168.7.210',
      'end 192.168.7.210',
      'interface eth0',
      `lease_file ${leases}`,
      `pidfile ${pid}`,
    ];
    const config = file('udhcpd.conf', `${conf.join('\n')}\nopt subnet 255.255.255.0\n`);
    const script = file(
      'bound',
      '#!/bin/sh\n[ "$1" = bound ] && ip address add $ip/24 dev $interface\nexit 0\n',
      0o755,
    );
    const served = run(server, 'busybox', 'udhcpd', '-f', config);
    served.catch(() => {});
    await run(client, 'ip', 'address', 'flush', 'dev', 'eth0');
    try {
      await run(client, ...['busybox', 'udhcpc', '-n', '-q', '-f', '-t', '10', '-T', '1', '-i', 'eth0', '-s', script]);
      assert.match(await run(client, 'ip', 'address', 'show', 'eth0'), /192\.168\.7\.210/);
      assert.ok(await world.reaches(client, server.ip));
    } finally {
      await run(server, 'sh', '-c', `kill $(cat ${pid})`);
      await served.catch(() => {});
    }
  });

  it('with strict addresses only what is listed may send, MAC and IP together', async () => {
    await stands(driver, vi({ strictAddresses: true }));
    const [one, other] = stations as [Station, Station];
    try {
      await until('those that are listed', async () => (await world.ping(one, other.ip)) || undefined);
      await addAddress(one, '192.168.7.190');
      assert.equal(await pingAs(one, '192.168.7.190', other.ip), false, 'another IP');
      await isAnsweredAs(one, one.ip, other.ip);
      await setMac(one, '52:54:00:be:ef:55');
      assert.equal(await pingAs(one, one.ip, other.ip), false, 'another MAC');
      await setMac(one, macOf(0));
      await until('the listed one again', async () => (await world.ping(one, other.ip)) || undefined);
    } finally {
      await stands(driver, vi());
    }
    // And no more when it is not asked for.
    await isAnsweredAs(one, '192.168.7.190', other.ip);
  });
});

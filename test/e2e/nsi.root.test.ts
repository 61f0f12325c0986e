/**
 * NSI end to end on real switches: both halves of a circuit through two daemons, a whole VI that grows while it runs, and a circuit into that
 * VI. Frames cross only while provisioned and in time. Ours asks, and is called back.
 */
import assert from 'node:assert/strict';
import { XmlDocument } from 'libxml2-wasm';
import type { ChangeOperation, NotificationTold, NsiClient } from '../../src/client/nsi/nsi-client.js';
import type { WireOf } from '../../src/wire/nsi/connection-types.js';
import { p2ps } from '../../src/wire/nsi/p2p.js';
import { placement } from '../../src/wire/nsi/vi.js';
import { readFragment } from '../../src/wire/xml/read-element.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station, until } from '../drivers/network/ovs-world.js';
import { circuit, reserveOf, vi } from '../ws/nsi/nsi-requests.js';
import { alice, type NsiSites, type ServedNsiSite, serveOverNsi } from './support/nsi-sites.js';

const hourMs = 3_600_000;

describe('nsi, end to end on real switches', function () {
  this.timeout(600_000);
  let world: OvsWorld;
  let sites: NsiSites;
  /** On tokyo's LAN, VLAN 100. */
  let left: Station;
  before(async () => {
    world = createOvsWorld();
    sites = await serveOverNsi(world);
    left = await world.addStation(sites.machines.tgw, 'lan1', {
      ...{ name: 'left', mac: '52:54:00:bb:00:01', ip: '192.168.7.201', vlan: { id: 100, ip: '192.168.9.1' } },
    });
  });
  after(async () => {
    await sites?.close();
    await world?.close();
  });

  const confirmations: Partial<Record<ChangeOperation, string>> = {
    reserve: 'reserveConfirmed',
    reserveCommit: 'reserveCommitConfirmed',
  };
  async function perform<O extends ChangeOperation>(nsi: NsiClient, operation: O, request: WireOf<O>) {
    const outcome = await nsi.perform(operation, request);
    assert.equal(outcome.kind, confirmations[operation] ?? `${operation}Confirmed`, JSON.stringify(outcome.value));
    return outcome;
  }
  async function reserve({ nsi }: ServedNsiSite, request: WireOf<'reserve'>) {
    const outcome = await perform(nsi, 'reserve', request);
    assert(outcome.kind === 'reserveConfirmed');
    return outcome.value;
  }
  const change = async (
    site: ServedNsiSite,
    connectionId: string,
    criteria: Partial<WireOf<'reserve'>['criteria']>,
  ) => {
    const { services = [], ...rest } = criteria;
    await reserve(site, reserveOf(services, { serviceType: undefined, ...rest }, { connectionId }));
    await perform(site.nsi, 'reserveCommit', { connectionId });
  };
  async function isActive({ nsi }: ServedNsiSite, connectionId: string, wanted: boolean, version?: number) {
    await until(`${connectionId} ${wanted ? 'active' : 'down'}`, async () => {
      const ids = { connectionIds: [connectionId], globalReservationIds: [] };
      const { dataPlaneStatus } = (await nsi.send('querySummarySync', ids)).reservations[0]!.connectionStates;
      const isIt = dataPlaneStatus.active === wanted && (version === undefined || dataPlaneStatus.version === version);
      return (isIt && dataPlaneStatus.versionConsistent) || undefined;
    });
  }
  const crosses = async (from: Station, to: string, wanted: boolean): Promise<void> => {
    if (wanted) await world.reaches(from, to);
    else assert.equal(await world.ping(from, to), false, `a frame to ${to} has crossed`);
  };

  async function hasMeter(machine: Machine, mbit: number): Promise<void> {
    const { stdout } = await world.ofctl(machine, 'dump-meters');
    assert.match(stdout, new RegExp(`rate=${mbit * 1000}\\b`));
  }

  it('both halves of a circuit: nothing before its time, before provision, after release and after its end', async () => {
    const { tokyo, osaka, machines } = sites;
    const right = await world.addStation(machines.ogw, 'lan3', {
      ...{ name: 'right', mac: '52:54:00:bb:00:02', ip: '192.168.10.2', vlan: { id: 200, ip: '192.168.9.2' } },
    });
    const schedule = { startTime: new Date(Date.now() + hourMs), endTime: new Date(Date.now() + 2 * hourMs) };
    const stp = ({ networkId }: ServedNsiSite, local: string): string => `${networkId}:${local}`;
    const half = (site: ServedNsiSite, sourceStp: string, destStp: string) =>
      reserve(
        site,
        reserveOf([circuit({ sourceStp: stp(site, sourceStp), destStp: stp(site, destStp), capacity: 10 })], {
          schedule,
        }),
      );
    const here = await half(tokyo, 'lan1?vlan=100', 'peer+osaka?vlan=1000-1999');
    const { destStp } = readFragment(p2ps, here.criteria.services[0]!);
    const there = await half(osaka, `peer+tokyo${destStp.slice(destStp.indexOf('?'))}`, 'lan3?vlan=200');
    const halves = [
      [tokyo, here.connectionId],
      [osaka, there.connectionId],
    ] as const;
    const all = (work: (site: ServedNsiSite, connectionId: string) => Promise<unknown>) =>
      Promise.all(halves.map(([site, connectionId]) => work(site, connectionId)));
    const told: NotificationTold[] = [];
    osaka.nsi.follow(there.connectionId, (notification) => told.push(notification));
    const everybody = (wanted: boolean) =>
      Promise.all([crosses(left, '192.168.9.2', wanted), crosses(right, '192.168.9.1', wanted)]);

    await all(({ nsi }, connectionId) => perform(nsi, 'reserveCommit', { connectionId }));
    await everybody(false);
    await all(({ nsi }, connectionId) => perform(nsi, 'provision', { connectionId }));
    await all((site, connectionId) => isActive(site, connectionId, false));
    await everybody(false);
    // Now it is time.
    await all((site, connectionId) => change(site, connectionId, { schedule: { startTime: null } }));
    await all((site, connectionId) => isActive(site, connectionId, true, 2));
    await everybody(true);

    await hasMeter(machines.tgw, 10);
    const faster = {
      namespace: 'http://schemas.ogf.org/nsi/2013/12/services/point2point',
      name: 'capacity',
      xml: '<p:capacity xmlns:p="http://schemas.ogf.org/nsi/2013/12/services/point2point">50</p:capacity>',
    };
    await all((site, connectionId) => change(site, connectionId, { services: [faster] }));
    await all((site, connectionId) => isActive(site, connectionId, true, 3));
    for (const machine of [machines.tgw, machines.ogw]) await hasMeter(machine, 50);
    await everybody(true);

    await perform(osaka.nsi, 'release', { connectionId: there.connectionId });
    await everybody(false);
    await perform(osaka.nsi, 'provision', { connectionId: there.connectionId });
    await everybody(true);

    // Its end comes with nobody calling.
    await all((site, connectionId) =>
      change(site, connectionId, { schedule: { endTime: new Date(Date.now() + 10_000) } }),
    );
    await all((site, connectionId) => isActive(site, connectionId, false));
    await everybody(false);
    for (const machine of [machines.tgw, machines.ogw]) {
      await until('the switches to be empty', async () => (await world.dumpFlows(machine)).length === 0 || undefined);
      assert.deepEqual(await world.dumpMeters(machine), []);
    }
    const changes = told.flatMap(({ kind, value }) =>
      kind === 'dataPlaneStateChange' ? [[value.dataPlaneStatus.active, value.dataPlaneStatus.version]] : [],
    );
    assert.deepEqual(changes.map(([active]) => active).at(-1), false, JSON.stringify(told));
    await all(({ nsi }, connectionId) => perform(nsi, 'terminate', { connectionId }));
  });

  it('a whole VI that grows while it runs, and a circuit from the other site into it', async () => {
    const { tokyo, osaka, machines } = sites;
    const machine = (number: number) => ({
      ...{ name: `vm${number}`, cpus: 1, memoryMiB: 128, diskGiB: 1, image: 'small', antiAffinity: 'apart' },
      nics: [{ mac: `52:54:00:00:02:0${number}`, ip: `192.168.7.${number}` }],
    });
    const wanted = (count: number) =>
      vi({ segment: { key: 4711, encapsulation: 'gre' }, vms: [machine(1), machine(2)].slice(0, count) });
    const stations = new Map<string, Station>();
    async function plug({ criteria }: WireOf<'reserveConfirmed'>): Promise<void> {
      const { vms } = readFragment(placement, criteria.services.find(({ name }) => name === 'placement')!);
      for (const { name, node, nics } of vms) {
        const { mac, ip, port } = nics[0]!;
        if (stations.has(name)) continue;
        const at = machines[node as keyof typeof machines];
        stations.set(name, await world.addStation(at, port, { name, mac, ip: ip! }));
        await world.plug(at, port);
      }
    }

    const first = await reserve(osaka, reserveOf([wanted(1)], { serviceType: 'urn:iris:vi:1' }));
    const { connectionId } = first;
    await plug(first);
    await perform(osaka.nsi, 'reserveCommit', { connectionId });
    await perform(osaka.nsi, 'provision', { connectionId });
    await isActive(osaka, connectionId, true, 1);

    const grown = await reserve(osaka, reserveOf([wanted(2)], { serviceType: undefined }, { connectionId }));
    await plug(grown);
    const [vm1, vm2] = [stations.get('vm1')!, stations.get('vm2')!];
    await crosses(vm1, vm2.ip, false);
    await perform(osaka.nsi, 'reserveCommit', { connectionId });
    await isActive(osaka, connectionId, true, 2);
    await crosses(vm1, vm2.ip, true);

    // The VI is an STP of the topology: a circuit leads to its machines.
    const authorization = `Basic ${Buffer.from(`${alice.name}:${alice.password}`).toString('base64')}`;
    const answer = await fetch(`${osaka.base}/nsi/topology.xml`, { headers: { authorization } });
    const document = XmlDocument.fromString(await answer.text());
    const ports = document.find('//*[local-name() = "BidirectionalPort"]/@id').map(({ content }) => content);
    document.dispose();
    const viStp = ports.find((id) => id.endsWith(`:vi+${connectionId}`));
    assert(viStp !== undefined, ports.join());
    const here = await reserve(
      tokyo,
      reserveOf([
        circuit({
          sourceStp: `${tokyo.networkId}:lan1?vlan=100`,
          destStp: `${tokyo.networkId}:peer+osaka?vlan=1000-1999`,
        }),
      ]),
    );
    const label = /\?vlan=\d+$/.exec(readFragment(p2ps, here.criteria.services[0]!).destStp)![0];
    const there = await reserve(
      osaka,
      reserveOf([circuit({ sourceStp: `${osaka.networkId}:peer+tokyo${label}`, destStp: `${viStp}?vlan=0` })]),
    );
    const halves = [
      [tokyo, here.connectionId],
      [osaka, there.connectionId],
    ] as const;
    // The machine of the LAN's VLAN 100 as one of the VI's network.
    await world.runIn(left, 'ip', 'address', 'add', '192.168.7.202/32', 'dev', 'eth1');
    for (const { ip } of [vm1, vm2])
      await world.runIn(left, 'ip', 'route', 'add', `${ip}/32`, 'dev', 'eth1', 'src', '192.168.7.202');
    for (const [{ nsi }, id] of halves) await perform(nsi, 'reserveCommit', { connectionId: id });
    await crosses(left, vm1.ip, false);
    for (const [{ nsi }, id] of halves) await perform(nsi, 'provision', { connectionId: id });
    for (const vm of [vm1, vm2]) await crosses(left, vm.ip, true);
    await perform(osaka.nsi, 'release', { connectionId: there.connectionId });
    await crosses(left, vm1.ip, false);
    await crosses(vm1, vm2.ip, true);
    for (const [{ nsi }, id] of halves) await perform(nsi, 'terminate', { connectionId: id });

    await perform(osaka.nsi, 'release', { connectionId });
    await crosses(vm1, vm2.ip, false);
    await perform(osaka.nsi, 'provision', { connectionId });
    await crosses(vm1, vm2.ip, true);
    await perform(osaka.nsi, 'terminate', { connectionId });
    await crosses(vm1, vm2.ip, false);
    for (const at of Object.values(machines)) assert.deepEqual(await world.dumpFlows(at), []);
  });
});

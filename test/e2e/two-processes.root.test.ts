/**
 * Two Iris processes on one database and real switches: one is master of every switch and the other stands by, whatever is done to either of
 * them, and frames notice nothing of it.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { RmsClient } from '../../src/client/rms-client.js';
import { createSimulatedNodes } from '../../src/testbed/soak/simulated-nodes.js';
import type { WireReservation } from '../../src/wire/rms/types.js';
import type { Station } from '../drivers/network/ovs-world.js';
import { testDatabase } from '../support/postgres.js';
import { bridge, nodeNames, type ServingProcess, serveByTwo, type TwoProcesses } from './support/two-processes.js';
import { untilSo } from './support/until-so.js';

const correlationId = () => `urn:uuid:${randomUUID()}`;

const vmNamed = (name: string, ip: string) => ({
  name,
  cpus: 1,
  memoryMiB: 128,
  diskGiB: 1,
  image: 'small',
  antiAffinity: 'apart',
  nics: [{ ip }],
});

const criteriaOf = (key: number, vms: object[]) =>
  ({ segment: { key, encapsulation: 'gre' }, vms, externalPorts: [], peers: [], hosts: [] }) as never;

async function reserve(client: RmsClient, key: number, vms: object[]): Promise<WireReservation> {
  const { reservation } = await client.reserve({ correlationId: correlationId(), criteria: criteriaOf(key, vms) });
  return (await client.commit({ correlationId: correlationId(), connectionId: reservation.connectionId })).reservation;
}

const untilUp = (client: RmsClient, connectionId: string, version: number): Promise<WireReservation> =>
  untilSo(`${connectionId} to be up in version ${version}`, async () => {
    const { reservation } = await client.getReservation({ connectionId });
    const { active, version: built, versionConsistent } = reservation.states.dataPlaneStatus;
    return active && versionConsistent && built === version && reservation;
  });

describe('two Iris processes on one database', function () {
  this.timeout(400_000);
  let site: TwoProcesses;
  let stations: Station[];
  let vi: WireReservation;

  before(async () => {
    site = await serveByTwo(await testDatabase());
  });
  after(() => site?.close());
  /** A step that fails half way leaves the next one two processes all the same. */
  afterEach(async () => {
    for (const process of site.processes) process.resume();
    // What they still lack, the next step says.
    await Promise.allSettled(site.processes.map((process) => process.ready()));
  });

  /** What both switches say of their controllers. */
  const rolesOf = (leader: ServingProcess, other: ServingProcess, otherIs: 'slave' | 'away'): string[] =>
    nodeNames.flatMap((node) => [`${node} ${leader.name} master`, `${node} ${other.name} ${otherIs}`]).sort();

  const untilRoles = (leader: ServingProcess, other: ServingProcess, otherIs: 'slave' | 'away') =>
    untilSo(`switches to have ${leader.name} as master, and ${other.name} ${otherIs}`, async () => {
      const roles = await site.rolesAtSwitches();
      return JSON.stringify(roles) === JSON.stringify(rolesOf(leader, other, otherIs));
    });

  const ping = (from: Station, to: Station, count: number): Promise<string> =>
    site.world.runIn(from, 'ping', '-n', '-c', String(count), '-i', '0.02', '-W', '2', to.ip);

  /** Open vSwitch drops what goes through a tunnel until it has resolved the tunnel's other end by ARP. */
  const untilReached = (from: Station, to: Station): Promise<unknown> =>
    untilSo('an answer', () => site.world.ping(from, to.ip));

  const assertWhole = (output: string, count: number): void => {
    assert.match(output, new RegExp(`${count} packets transmitted, ${count} received, 0% packet loss`));
    assert.doesNotMatch(output, /DUP!/, 'no frame comes twice');
  };

  it('one is master of both switches and the other slave; either takes requests', async () => {
    const { leader, standby } = await site.settled();
    await untilRoles(leader, standby, 'slave');
    const { connectionId } = await reserve(standby.client, 71, [vmNamed('a', '10.9.0.1'), vmNamed('b', '10.9.0.2')]);
    vi = (await leader.client.getReservation({ connectionId })).reservation;
    await untilSo('the bridge to be there for the VMs', async () => (await standby.health())?.ok);
    stations = await site.plug(vi);
    vi = await untilUp(standby.client, connectionId, 1);
    await untilReached(stations[0]!, stations[1]!);
    assertWhole(await ping(stations[0]!, stations[1]!, 20), 20);
    for (const process of [leader, standby]) {
      const { switches } = (await process.health())!;
      assert.deepEqual(
        switches.map(({ node, role, master }) => ({ node, role, master })),
        nodeNames.map((node) => ({ node, role: process === leader ? 'master' : 'slave', master: leader.name })),
      );
    }
  });

  it('the master is killed: no frame is lost or doubled, the other takes over and goes on, the first comes back as slave', async () => {
    const { leader, standby } = await site.settled();
    const pinging = ping(stations[0]!, stations[1]!, 250);
    await leader.kill();
    await untilRoles(standby, leader, 'away');
    assertWhole(await pinging, 250);

    const { connectionId } = vi;
    const criteria = criteriaOf(71, [
      vmNamed('a', '10.9.0.1'),
      vmNamed('b', '10.9.0.2'),
      { ...vmNamed('c', '10.9.0.3'), antiAffinity: undefined },
    ]);
    const grown = await standby.client.modify({ correlationId: correlationId(), connectionId, criteria });
    await standby.client.commit({ correlationId: correlationId(), connectionId });
    const isNew = (vm: { name: string }): boolean => vm.name === 'c';
    const held = grown.reservation.held!;
    const [station] = await site.plug({ ...grown.reservation, committed: { ...held, vms: held.vms.filter(isNew) } });
    vi = await untilUp(standby.client, connectionId, held.version);
    stations.push(station!);
    await untilReached(stations[2]!, stations[0]!);
    assertWhole(await ping(stations[2]!, stations[0]!, 10), 10);

    leader.start();
    await leader.ready();
    await untilRoles(standby, leader, 'slave');
    assert.equal((await site.settled()).leader, standby);
  });

  it('a process that is stopped in the middle of a build and goes on after its lease does no harm', async () => {
    const { leader, standby } = await site.settled();
    const { connectionId } = await reserve(standby.client, 72, [vmNamed('x', '10.9.1.1'), vmNamed('y', '10.9.1.2')]);
    // Both are defined, and the network waits for ports that nobody plugs.
    await untilSo('the build to be half done', async () => {
      const stands = await standsOf(connectionId);
      return stands.filter((what) => what.endsWith(' paused')).length === 2;
    });
    leader.pause();
    await untilRoles(standby, leader, 'slave');
    // The survivor takes the same VI down, and forgets it: whatever the other goes on with would be seen.
    await standby.client.terminate({ correlationId: correlationId(), connectionId });
    await untilSo('the VI to be terminated', async () => {
      const { reservation } = await standby.client.getReservation({ connectionId });
      return reservation.states.lifecycleState === 'Terminated';
    });
    assert.deepEqual(await standsOf(connectionId), []);
    const before = await site.world.dumpFlows(site.machines.n1, bridge, '--no-stats');

    leader.resume();
    await site.settled();
    await untilRoles(standby, leader, 'slave');
    assert.deepEqual(await standsOf(connectionId), []);
    assert.deepEqual(await site.world.dumpFlows(site.machines.n1, bridge, '--no-stats'), before);
    const { reservation } = await standby.client.getReservation({ connectionId });
    assert.equal(reservation.states.lifecycleState, 'Terminated');
    assert.equal(reservation.errorEvent, undefined);
    assertWhole(await ping(stations[0]!, stations[1]!, 20), 20);
  });

  it('one that ends by itself hands over at once', async () => {
    const { leader, standby } = await site.settled();
    const pinging = ping(stations[0]!, stations[1]!, 100);
    assert.equal(await leader.stop(), 0);
    const { processes } = (await untilSo('the other to lead', async () => {
      const health = await standby.health();
      return health?.processes.leads && health;
    }))!;
    assert.deepEqual(
      processes.all.filter(({ alive }) => alive).map(({ name }) => name),
      [standby.name],
    );
    assertWhole(await pinging, 100);
    await untilSo('its controller to be forgotten', async () =>
      (await site.rolesAtSwitches()).every((role) => role.includes(` ${standby.name} master`)),
    );
  });

  /** Domains, with their states, and disks of a VI on the simulated nodes. */
  async function standsOf(connectionId: string): Promise<string[]> {
    const { domains, disks } = await createSimulatedNodes(site.simulation).look();
    return [...domains, ...disks].filter((what) => what.includes(connectionId));
  }
});

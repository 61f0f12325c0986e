/** modify of what stands: it is changed in place, what stays is not touched, and nothing is free before it is gone. */
import assert from 'node:assert/strict';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import type { Criteria } from '../../src/domain/vi/criteria.js';
import type { PlacedVm } from '../../src/domain/vi/placed-vi.js';
import { sampleCriteria, sampleSite, sampleVm } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import {
  becomes,
  call,
  domainsOn,
  isActive,
  openSite,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
} from './site-under-test.js';

const computeNodes = ['n1', 'n2', 'n3'];
const image = (name: string): object => ({ name, kind: 'kernel', kernel: '/k', initrd: '/i' });
const segment = (key: number): Criteria['segment'] => ({ key, encapsulation: 'gre' });
const hasBuilt =
  (version: number) =>
  ({ states: { dataPlane } }: Reservation): boolean =>
    dataPlane.active && dataPlane.consistent && dataPlane.version === version;

describe('modify of a VI that stands', () => {
  let iris: SiteUnderTest;
  /** What the compute driver was told, in order. */
  let told: string[];
  /** VM names at each `network.ensure`. */
  let connected: string[][];

  beforeEach(() => open());
  afterEach(() => iris.close());

  async function open(changes: object = {}): Promise<void> {
    iris = await openSite(
      sampleSite({ images: [image('small'), image('other')], reservations: { resyncSeconds: 0.3 }, ...changes }),
    );
    told = [];
    connected = [];
  }
  async function reopen(changes: object): Promise<void> {
    await iris.close();
    await open(changes);
  }
  const spying = (): { compute: typeof iris.compute; network: typeof iris.network } => ({
    compute: {
      ...iris.compute,
      ensure: (asked) => {
        told.push(`ensure ${asked.vm.name}`);
        return iris.compute.ensure(asked);
      },
      run: (node, mark, name) => {
        told.push(`run ${name}`);
        return iris.compute.run(node, mark, name);
      },
      remove: (node, mark, name, disk) => {
        told.push(`remove ${name} ${disk}`);
        return iris.compute.remove(node, mark, name, disk);
      },
    },
    network: {
      ...iris.network,
      ensure: (vi) => {
        connected.push(vi.vms.map(({ name }) => name));
        return iris.network.ensure(vi);
      },
    },
  });

  async function build(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await iris.provider.reserve(call(), request(...args));
    await iris.provider.commit(call(), connectionId);
    await iris.provider.provision(call(), connectionId);
    const built = await becomes(iris, connectionId, 'is active', isActive);
    told.length = 0;
    connected.length = 0;
    return built;
  }
  const modify = ({ connectionId }: Reservation, changes: Partial<Criteria>): Promise<Reservation> =>
    iris.provider.modify(call(), { connectionId, criteria: sampleCriteria(changes) });
  async function change(reservation: Reservation, changes: Partial<Criteria>): Promise<Reservation> {
    await modify(reservation, changes);
    return iris.provider.commit(call(), reservation.connectionId);
  }
  async function rebuild(reservation: Reservation, changes: Partial<Criteria>): Promise<Reservation> {
    const { committed } = await change(reservation, changes);
    return becomes(iris, reservation.connectionId, 'has built it', hasBuilt(committed!.version));
  }
  const running = ({ committed }: Reservation): string[] =>
    committed!.placed.vms.map((vm) => `${vm.node} ${vm.name} running`).sort();
  async function standsAsReserved(connectionId: string): Promise<void> {
    assert.deepEqual((await domainsOn(iris)).sort(), running(await reservationOf(iris, connectionId)));
    const versions = await iris.sql(
      "SELECT version, state FROM reservation_version WHERE state <> 'dropped' AND connection_id = $1",
      [connectionId],
    );
    assert.equal(versions.length, 1, JSON.stringify(versions));
    const diskNames = (await Promise.all(computeNodes.map((node) => iris.compute.observeDisks(node)))).flat();
    const { committed } = await reservationOf(iris, connectionId);
    assert.deepEqual(diskNames.map((disk) => disk.vmName).sort(), committed!.placed.vms.map((vm) => vm.name).sort());
  }
  const vmsOf = (...vms: Partial<PlacedVm>[]) =>
    vms.map(({ name = 'vm', ...vm }) => sampleVm({ ...vm, name, nics: [{}] }));

  it('one added, one removed: the others are not touched, and the removed one is out of the network before it goes', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }, { name: 'c' }) });
    const before = await Promise.all(computeNodes.map((node) => iris.compute.observe(node)));
    const second = await rebuild(first, { vms: vmsOf({ name: 'a' }, { name: 'c' }, { name: 'd' }) });
    assert.deepEqual(told, ['remove b erase', 'ensure d', 'run d']);
    // A periodic round of the old version may have come before.
    const firstWithout = connected.findIndex((names) => !names.includes('b'));
    assert.deepEqual(connected.slice(firstWithout, firstWithout + 2), [
      ['a', 'c'],
      ['a', 'c', 'd'],
    ]);
    await standsAsReserved(first.connectionId);
    const marks = (seen: Awaited<ReturnType<typeof iris.compute.observe>>[]) =>
      seen.flat().filter(({ vmName }) => vmName === 'a' || vmName === 'c');
    const after = await Promise.all(computeNodes.map((node) => iris.compute.observe(node)));
    assert.deepEqual(marks(after), marks(before));
    assert.deepEqual([second.connectionId, second.viNumber], [first.connectionId, first.viNumber]);
    const { history } = await iris.provider.getReservation(call(), first.connectionId);
    assert.ok(!history.some(({ machine, to }) => machine === 'dataPlane' && to === 'inactive'), 'it was never down');
  });

  it('the periodic round afterwards asks for nothing, though VMs that stayed bear the old version', async () => {
    await iris.startEngine(spying());
    const first = await build();
    await rebuild(first, { vms: [sampleVm({ count: 3 })] });
    const rounds = connected.length;
    told.length = 0;
    await eventually('two more rounds', () => connected.length >= rounds + 2);
    assert.deepEqual(told, []);
  });

  it('grows by one VM on a full node, where another goes', async () => {
    await reopen({ reservations: { placement: 'pack' } });
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a', cpus: 4 }, { name: 'b', cpus: 4 }) });
    await build({ segment: segment(1), vms: [sampleVm({ name: 'x', count: 2, cpus: 8 })] });
    const second = await rebuild(first, { vms: vmsOf({ name: 'a', cpus: 4 }, { name: 'c', cpus: 4 }) });
    assert.equal(new Set(second.committed!.placed.vms.map((vm) => vm.node)).size, 1);
    assert.ok(told.indexOf('remove b erase') < told.indexOf('ensure c'), told.join(', '));
  });

  it('another size: that VM is started anew on its disk and its place, the other is not touched', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    const [a] = first.committed!.placed.vms;
    const second = await rebuild(first, { vms: vmsOf({ name: 'a', cpus: 6, memoryMiB: 4096 }, { name: 'b' }) });
    assert.deepEqual(told, ['remove a keep', 'ensure a', 'run a']);
    assert.deepEqual({ ...second.committed!.placed.vms[0], cpus: a!.cpus, memoryMiB: a!.memoryMiB }, a);
    await standsAsReserved(first.connectionId);
  });

  it('a NIC more, on a VM that stands: started anew; other user data: not', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }) });
    const [{ nics } = { nics: [] }] = first.committed!.placed.vms;
    const second = await rebuild(first, { vms: [sampleVm({ name: 'a', nics: [{}, {}], userData: 'new' })] });
    assert.deepEqual(told, ['remove a keep', 'ensure a', 'run a']);
    assert.deepEqual(second.committed!.placed.vms[0]!.nics[0], nics[0]);
    told.length = 0;
    await rebuild(first, { vms: [sampleVm({ name: 'a', nics: [{}, {}], userData: 'newer' })] });
    assert.deepEqual(told, []);
  });

  it('another image, or a smaller disk, is another machine of that name', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await rebuild(first, { vms: vmsOf({ name: 'a', image: 'other' }, { name: 'b', diskGiB: 4 }) });
    for (const [name] of [['a'], ['b']] as const) {
      const removal = told.indexOf(`remove ${name} erase`);
      assert.ok(removal >= 0 && removal < told.indexOf(`ensure ${name}`), told.join(', '));
    }
    await standsAsReserved(first.connectionId);
  });

  it('a guest that shut itself down is not started by a change of its size', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    const { node } = first.committed!.placed.vms[0]!;
    const { domainName } = (await iris.compute.observe(node)).find(({ vmName }) => vmName === 'a')!;
    iris.compute.controls.shutDownGuest(node, domainName);
    await rebuild(first, { vms: vmsOf({ name: 'a', cpus: 4 }, { name: 'b' }) });
    assert.ok((await domainsOn(iris)).includes(`${node} a shutoff`));
  });

  it('external ports and peers change without a VM being told anything', async () => {
    await iris.startEngine(spying());
    const first = await build({ externalPorts: [{ name: 'lan1', vlans: [100] }] });
    await rebuild(first, { externalPorts: [{ name: 'lan1', vlans: [0, 101] }], peers: [] });
    assert.deepEqual(told, []);
    const flooded = (vlan: number) => iris.network.inject('gw', 'lan1', { vlan, destination: 'ff:ff:ff:ff:ff:ff' });
    assert.deepEqual(
      [100, 101].map((vlan) => flooded(vlan).delivered.length),
      [0, 2],
    );
    assert.deepEqual(flooded(101).departed, [], 'no peer any more');
  });

  it('what cannot stay on its node, built as it is, is refused: its disk is there', async () => {
    await reopen({ reservations: { placement: 'pack' } });
    await iris.startEngine();
    const first = await build({ vms: vmsOf({ name: 'a' }) });
    await build({ segment: segment(1), vms: [sampleVm({ name: 'x', cpus: 6 })] });
    const refusal = await refusalOf(modify(first, { vms: vmsOf({ name: 'a', cpus: 3 }) }));
    const { node } = first.committed!.placed.vms[0]!;
    assert.deepEqual(
      [refusal.kind.id, refusal.variables],
      ['00705', { node, resource: 'cpus', needed: '3', free: '2', vm: 'a' }],
    );
  });

  it('abort leaves what stands alone', async () => {
    await iris.startEngine(spying());
    const first = await build();
    await modify(first, { vms: vmsOf({ name: 'z', cpus: 8 }) });
    await iris.provider.abort(call(), first.connectionId);
    const rounds = connected.length;
    await eventually('two more rounds', () => connected.length >= rounds + 2);
    assert.deepEqual(told, []);
    await standsAsReserved(first.connectionId);
  });

  it('what a removed VM had is free when it is gone, not before, also when its node is away', async () => {
    await iris.startEngine();
    const first = await build({ vms: [sampleVm({ name: 'a', cpus: 8 }), sampleVm({ name: 'b', cpus: 8 })] });
    const gone = first.committed!.placed.vms.find(({ name }) => name === 'b')!;
    iris.compute.controls.disconnect(gone.node);
    await change(first, { vms: [sampleVm({ name: 'a', cpus: 8 })] });
    const failing = await becomes(
      iris,
      first.connectionId,
      'tells of it',
      ({ errorEvent }) => errorEvent !== undefined,
    );
    assert.equal(failing.errorEvent!.node, gone.node);
    const more = request({ segment: segment(1), vms: [sampleVm({ count: 2, cpus: 8 })] });
    assert.equal((await refusalOf(iris.provider.reserve(call(), more))).kind.id, '00705');
    const [allocated] = await iris.sql<{ state: string }>(
      `SELECT v.state FROM node_allocation a JOIN reservation_version v USING (connection_id, version) WHERE a.node = $1`,
      [gone.node],
    );
    assert.equal(allocated?.state, 'replaced');
    await becomes(iris, first.connectionId, 'stands beside what is left', hasBuilt(2));
    iris.compute.controls.reconnect(gone.node);
    await becomes(iris, first.connectionId, 'has left nothing', ({ errorEvent }) => errorEvent === undefined);
    await standsAsReserved(first.connectionId);
    await iris.provider.reserve(call(), more);
  });

  it('two modifications while a node is away: both are caught up with', async () => {
    await iris.startEngine();
    const first = await build({ vms: vmsOf({ name: 'a', cpus: 6 }, { name: 'b', cpus: 6 }, { name: 'c', cpus: 6 }) });
    const away = first.committed!.placed.vms.find(({ name }) => name === 'b')!.node;
    iris.compute.controls.disconnect(away);
    await change(first, { vms: vmsOf({ name: 'a', cpus: 6 }, { name: 'c', cpus: 6 }) });
    await becomes(iris, first.connectionId, 'tells of it', ({ errorEvent }) => errorEvent !== undefined);
    await change(first, { vms: vmsOf({ name: 'a', cpus: 7 }) });
    iris.compute.controls.reconnect(away);
    await becomes(iris, first.connectionId, 'has built it', hasBuilt(3));
    await standsAsReserved(first.connectionId);
  });

  it('killed between commit and change: the next start changes it', async () => {
    const engine = await iris.startEngine();
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await engine.stop();
    await change(first, { vms: vmsOf({ name: 'b', cpus: 4 }, { name: 'c' }) });
    await change(first, { vms: vmsOf({ name: 'c' }, { name: 'd' }) });
    await iris.startEngine();
    await becomes(iris, first.connectionId, 'has built it', hasBuilt(3));
    await standsAsReserved(first.connectionId);
  });

  it('released with its disks kept: those of VMs that are removed go, those that stay are used again', async () => {
    await iris.startEngine(spying());
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await iris.provider.release(call(), first.connectionId);
    await becomes(iris, first.connectionId, 'is released', ({ states }) => states.provision === 'Released');
    await change(first, { vms: vmsOf({ name: 'a', cpus: 4 }) });
    await becomes(iris, first.connectionId, 'has tidied up', ({ replaced }) => replaced === undefined);
    const disks = (await Promise.all(computeNodes.map((node) => iris.compute.observeDisks(node)))).flat();
    assert.deepEqual(
      disks.map(({ vmName }) => vmName),
      ['a'],
    );
    assert.deepEqual(await domainsOn(iris), []);
    await iris.provider.provision(call(), first.connectionId);
    await becomes(iris, first.connectionId, 'is active', isActive);
    await standsAsReserved(first.connectionId);
  });

  it('released while a modification is held, and committed on the way down', async () => {
    await iris.startEngine();
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await modify(first, { vms: vmsOf({ name: 'b' }) });
    await iris.provider.release(call(), first.connectionId);
    await iris.provider.commit(call(), first.connectionId);
    await becomes(
      iris,
      first.connectionId,
      'is released and tidy',
      ({ states, replaced }) => states.provision === 'Released' && replaced === undefined,
    );
    const disks = (await Promise.all(computeNodes.map((node) => iris.compute.observeDisks(node)))).flat();
    assert.deepEqual(
      disks.map(({ vmName }) => vmName),
      ['b'],
    );
  });

  it('terminate while a modification is held, or being built, leaves nothing', async () => {
    await iris.startEngine();
    const first = await build({ vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await modify(first, { vms: vmsOf({ name: 'c' }) });
    await iris.provider.terminate(call(), first.connectionId);
    const second = await build({ segment: segment(1), vms: vmsOf({ name: 'a' }, { name: 'b' }) });
    await change(second, { segment: segment(1), vms: vmsOf({ name: 'b' }, { name: 'c' }) });
    await iris.provider.terminate(call(), second.connectionId);
    for (const { connectionId } of [first, second])
      await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
    assert.deepEqual(await domainsOn(iris), []);
    assert.deepEqual((await Promise.all(computeNodes.map((node) => iris.compute.observeDisks(node)))).flat(), []);
    for (const table of ['node_allocation', 'segment_allocation', 'mac_allocation'])
      assert.deepEqual(await iris.sql(`SELECT * FROM ${table}`), [], table);
  });

  describe('time', () => {
    const soon = (ms: number): Date => new Date(Date.now() + ms);

    it('an end that is put off is not kept at the old time, and one that is brought forward is kept', async () => {
      await iris.startEngine();
      const end = soon(2_000);
      const first = await build({ vms: vmsOf({ name: 'a' }), schedule: { end } });
      await rebuild(first, { vms: vmsOf({ name: 'a' }), schedule: { end: soon(60_000) } });
      await eventually('the old end has passed, and its work has run', async () => {
        const [work] = await iris.sql<{ run_at: Date }>(`SELECT run_at FROM due_work WHERE kind = 'endTime'`);
        return Date.now() > end.getTime() && work!.run_at > end;
      });
      assert.ok(isActive(await reservationOf(iris, first.connectionId)));
      await rebuild(first, { vms: vmsOf({ name: 'a' }), schedule: {} });
      const earlier = soon(1_500);
      await change(first, { vms: vmsOf({ name: 'a' }), schedule: { end: earlier } });
      await becomes(
        iris,
        first.connectionId,
        'has passed its end',
        ({ states }) => states.lifecycle === 'PassedEndTime' && states.provision === 'Released',
      );
      assert.ok(Date.now() >= earlier.getTime());
      assert.deepEqual(await domainsOn(iris), []);
    });

    it('an end that passes while a modification is held is the end', async () => {
      await iris.startEngine();
      const first = await build({ vms: vmsOf({ name: 'a' }), schedule: { end: soon(1_500) } });
      await modify(first, { vms: vmsOf({ name: 'a' }), schedule: { end: soon(60_000) } });
      const over = await becomes(
        iris,
        first.connectionId,
        'has passed its end',
        ({ states }) => states.lifecycle === 'PassedEndTime' && states.provision === 'Released',
      );
      assert.deepEqual([over.states.reservation, over.held], ['ReserveTimeout', undefined]);
      assert.equal((await refusalOf(iris.provider.commit(call(), first.connectionId))).kind.id, '00201');
      assert.deepEqual(await iris.sql('SELECT * FROM node_allocation'), []);
    });

    it('a start that is brought forward is kept, and one that is put off is waited for', async () => {
      await iris.startEngine();
      const both = async (key: number, start: Date): Promise<Reservation> => {
        const { connectionId } = await iris.provider.reserve(
          call(),
          request({ segment: segment(key), vms: vmsOf({ name: 'a' }), schedule: { start } }, { autoProvision: true }),
        );
        return iris.provider.commit(call(), connectionId);
      };
      const early = await both(1, soon(3_600_000));
      await change(early, { segment: segment(1), vms: vmsOf({ name: 'a' }), schedule: {} });
      await becomes(iris, early.connectionId, 'is active', isActive);
      const start = soon(1_500);
      const late = await both(2, start);
      await change(late, { segment: segment(2), vms: vmsOf({ name: 'a' }), schedule: { start: soon(3_600_000) } });
      await eventually('the old start has passed, and its work has run', async () => {
        const [work] = await iris.sql<{ run_at: Date }>(
          `SELECT run_at FROM due_work WHERE kind = 'reconcile' AND connection_id = $1`,
          [late.connectionId],
        );
        return Date.now() > start.getTime() && work!.run_at > start;
      });
      const { states } = await reservationOf(iris, late.connectionId);
      assert.deepEqual([states.provision, states.dataPlane.active], ['Provisioned', false]);
      assert.equal((await domainsOn(iris)).length, 1, 'only the early one');
    });

    it('what stands cannot be put off; what was built while that was held is taken down until its time', async () => {
      await iris.startEngine();
      const { connectionId } = await iris.provider.reserve(call(), request({ vms: vmsOf({ name: 'a' }) }));
      const first = await iris.provider.commit(call(), connectionId);
      const later = { vms: vmsOf({ name: 'a' }), schedule: { start: soon(2_500) } };
      await modify(first, later);
      await iris.provider.provision(call(), connectionId);
      await becomes(iris, connectionId, 'is active', isActive);
      await iris.provider.commit(call(), connectionId);
      const waiting = await becomes(iris, connectionId, 'waits', (r) => !isActive(r) && r.replaced === undefined);
      assert.equal(waiting.states.provision, 'Provisioned');
      assert.deepEqual(await domainsOn(iris), []);
      assert.ok(later.schedule.start.getTime() > Date.now(), 'seen before its time');
      await becomes(iris, connectionId, 'has built it', hasBuilt(2));
      await standsAsReserved(connectionId);
      const refusal = await refusalOf(modify(first, { ...later, schedule: { start: soon(60_000) } }));
      assert.equal(refusal.kind.id, '00102');
    });
  });
});

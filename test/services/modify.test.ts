/** modify on the real store: what is held, what is refused, and that the version in force comes back exactly. Building is in modify-built.test.ts. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Provider } from '../../src/domain/ports/provider.js';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import type { Criteria } from '../../src/domain/vi/criteria.js';
import type { PlacedVm } from '../../src/domain/vi/placed-vi.js';
import { sampleCriteria, sampleSite, sampleVm } from '../support/domain-samples.js';
import { call, openSite, refusalOf, request, reservationOf, type SiteUnderTest, snapshot } from './site-under-test.js';

const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);
const segment = (key: number): Criteria['segment'] => ({ key, encapsulation: 'gre' });
const identity = ({ name, node, nics }: PlacedVm): object => ({ name, node, nics });

const allocationTables = ['node_allocation', 'segment_allocation', 'external_port_allocation', 'mac_allocation'];

describe('modify', () => {
  let iris: SiteUnderTest;
  let provider: Provider;
  beforeEach(async () => {
    iris = await openSite();
    provider = iris.provider;
  });
  afterEach(() => iris.close());

  async function reopen(changes: object): Promise<void> {
    await iris.close();
    iris = await openSite(sampleSite(changes));
    provider = iris.provider;
  }
  async function committed(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await provider.reserve(call(), request(...args));
    return provider.commit(call(), connectionId);
  }
  const modify = (
    { connectionId }: Pick<Reservation, 'connectionId'>,
    changes: Partial<Criteria>,
    context = call(),
    version?: number,
  ): Promise<Reservation> =>
    provider.modify(context, {
      connectionId,
      criteria: sampleCriteria(changes),
      ...(version === undefined ? {} : { version }),
    });
  const change = async (reservation: Reservation, changes: Partial<Criteria>): Promise<Reservation> => {
    await modify(reservation, changes);
    return provider.commit(call(), reservation.connectionId);
  };
  const setAside = (): Promise<unknown[][]> =>
    Promise.all(allocationTables.map((table) => iris.sql(`SELECT t.* FROM ${table} t ORDER BY t::text`)));
  async function refusedWithoutTrace(attempt: () => Promise<unknown>, id: string, names: Record<string, string> = {}) {
    const before = await snapshot(iris);
    const refusal = await refusalOf(attempt());
    assert.equal(refusal.kind.id, id, refusal.message);
    for (const [name, value] of Object.entries(names)) assert.equal(refusal.variables[name], value, name);
    assert.equal(await snapshot(iris), before);
  }

  it('holds another version beside the one in force, which commit replaces; ids and numbers stay', async () => {
    const first = await committed();
    const held = await modify(first, { vms: [sampleVm({ count: 3 })] });
    assert.deepEqual([held.states.reservation, held.states.provision], ['ReserveHeld', 'Released']);
    assert.deepEqual([held.committed!.version, held.held!.version], [1, 2]);
    assert.deepEqual(held.committed, first.committed);
    assert.deepEqual([held.connectionId, held.viNumber], [first.connectionId, first.viNumber]);
    const holdMs = held.held!.holdExpires.getTime() - held.updatedAt.getTime();
    assert.equal(holdMs, 120_000);
    const second = await provider.commit(call(), first.connectionId);
    assert.deepEqual([second.states.reservation, second.states.provision], ['ReserveStart', 'Released']);
    assert.deepEqual([second.committed!.version, second.held], [2, undefined]);
    assert.equal(second.committed!.placed.vms.length, 3);
    const versions = await iris.sql('SELECT version, state FROM reservation_version ORDER BY version');
    assert.deepEqual(versions, [
      { version: 1, state: 'dropped' },
      { version: 2, state: 'committed' },
    ]);
    assert.deepEqual(await iris.sql('SELECT DISTINCT version FROM node_allocation'), [{ version: 2 }]);
    const { history } = await provider.getReservation(call(), first.connectionId);
    assert.deepEqual(
      history.slice(-4).map((entry) => `${entry.from} ${entry.to} ${entry.by}`),
      [
        'ReserveStart ReserveChecking alice',
        'ReserveChecking ReserveHeld engine',
        'ReserveHeld ReserveCommitting alice',
        'ReserveCommitting ReserveStart engine',
      ],
    );
  });

  it('what is answered is what is stored, and tells no secret', async () => {
    const first = await committed();
    const vms = [sampleVm({ count: 2, userData: 'TOPSECRET' })];
    const { updatedAt: _u, ...answer } = await modify(first, { vms });
    assert.ok(!JSON.stringify([answer, await iris.sql('SELECT answer FROM request')]).includes('TOPSECRET'));
    const { updatedAt: _s, ...stored } = await reservationOf(iris, first.connectionId);
    const open = (text: string): string => text.replaceAll(/"userData":"TOPSECRET",?/g, '').replaceAll(',}', '}');
    assert.deepEqual(JSON.parse(open(JSON.stringify(stored))), JSON.parse(JSON.stringify(answer)));
  });

  describe('what stays', () => {
    it('keeps name, node, MACs and ports when the VI grows, shrinks and grows again', async () => {
      const first = await committed({ vms: [sampleVm({ count: 3, nics: [{}, {}] })] });
      const before = first.committed!.placed.vms.map(identity);
      const grown = await change(first, { vms: [sampleVm({ name: 'other' }), sampleVm({ count: 4, nics: [{}, {}] })] });
      const vms = grown.committed!.placed.vms;
      assert.deepEqual(vms.filter(({ name }) => /^vm-[123]$/.test(name)).map(identity), before);
      const ports = vms.flatMap(({ nics }) => nics.map(({ portName }) => portName));
      assert.equal(new Set(ports).size, ports.length);
      const shrunk = await change(first, { vms: [sampleVm({ count: 2, nics: [{}, {}] })] });
      assert.deepEqual(shrunk.committed!.placed.vms.map(identity), before.slice(0, 2));
    });

    it('keeps its name when a count goes from one to more and back', async () => {
      const first = await committed({ vms: [sampleVm({ name: 'web' })] });
      const [before] = first.committed!.placed.vms.map(identity);
      const grown = await change(first, { vms: [sampleVm({ name: 'web', count: 3 })] });
      assert.deepEqual(
        grown.committed!.placed.vms.map(({ name }) => name),
        ['web', 'web-2', 'web-3'],
      );
      assert.deepEqual(identity(grown.committed!.placed.vms[0]!), before);
      const shrunk = await change(first, { vms: [sampleVm({ name: 'web' })] });
      assert.deepEqual(shrunk.committed!.placed.vms.map(identity), [before]);
      await change(first, { vms: [sampleVm({ name: 'app', count: 2 })] });
      const last = await change(first, { vms: [sampleVm({ name: 'app' })] });
      assert.deepEqual(
        last.committed!.placed.vms.map(({ name }) => name),
        ['app-1'],
      );
    });

    it('keeps its place while its size changes, and everything else does at once', async () => {
      const first = await committed({ vms: [sampleVm({ name: 'a' }), sampleVm({ name: 'b' })] });
      const [a, b] = first.committed!.placed.vms;
      const { held } = await modify(first, {
        schedule: { start: hours(1), end: hours(2) },
        vms: [sampleVm({ name: 'c' }), sampleVm({ name: 'a', cpus: 4, memoryMiB: 2048, diskGiB: 8 })],
        externalPorts: [{ name: 'lan1', vlans: [0, 100] }],
        peers: [],
      });
      const [c, larger] = held!.placed.vms;
      assert.deepEqual(identity(larger!), identity(a!));
      assert.deepEqual([larger!.cpus, larger!.memoryMiB, larger!.diskGiB], [4, 2048, 8]);
      const old = [a!, b!].flatMap(({ nics }) => nics.map(({ portName }) => portName));
      assert.ok(!old.includes(c!.nics[0]!.portName), 'not the name of a port that may still stand');
      assert.deepEqual(held!.placed.externalPorts, [{ name: 'lan1', node: 'gw', vlans: [0, 100] }]);
      assert.deepEqual([held!.placed.peers, held!.placed.gateway], [[], 'gw']);
    });
  });

  describe('capacity', () => {
    it('grows by one VM on a node that is otherwise full', async () => {
      await reopen({ reservations: { placement: 'pack' } });
      const first = await committed({ vms: [sampleVm({ count: 3 })] });
      const [node] = new Set(first.committed!.placed.vms.map((vm) => vm.node));
      await committed({ segment: segment(1), vms: [sampleVm({ count: 2, cpus: 8 })] });
      const second = await change(first, { vms: [sampleVm({ count: 4 })] });
      assert.deepEqual([...new Set(second.committed!.placed.vms.map((vm) => vm.node))], [node]);
      await refusedWithoutTrace(() => modify(first, { vms: [sampleVm({ count: 5 })] }), '00705');
    });

    it('is counted as the larger of both versions while one is held', async () => {
      const first = await committed({ vms: [sampleVm({ count: 3, cpus: 6 })] });
      await modify(first, { vms: [sampleVm({ count: 3, cpus: 2 })] });
      const more = { segment: segment(1), vms: [sampleVm({ count: 3, cpus: 4 })] };
      await refusedWithoutTrace(() => provider.reserve(call(), request(more)), '00705');
      await provider.commit(call(), first.connectionId);
      await provider.reserve(call(), request(more));
      await refusedWithoutTrace(() => modify(first, { vms: [sampleVm({ count: 3, cpus: 5 })] }), '00705');
    });

    it('lets an interval be shifted over itself, extended and shortened', async () => {
      const vms = [sampleVm({ count: 3, cpus: 8 })];
      const first = await committed({ vms, schedule: { start: hours(2), end: hours(4) } });
      const shifted = { start: hours(3), end: hours(5) };
      const second = await change(first, { vms, schedule: shifted });
      assert.deepEqual([second.committed!.start, second.committed!.end], [shifted.start, shifted.end]);
      await committed({ segment: segment(1), vms, schedule: { start: hours(1), end: hours(2.9) } });
      await refusedWithoutTrace(() => modify(first, { vms, schedule: { start: hours(2), end: hours(5) } }), '00705');
      const open = await change(first, { vms, schedule: { start: hours(6) } });
      assert.equal(open.committed!.end, undefined);
      await change(first, { vms, schedule: { start: hours(6), end: hours(7) } });
      await committed({ segment: segment(2), vms, schedule: { start: hours(8) } });
    });

    it('moves what was never built where there is room', async () => {
      await reopen({ reservations: { placement: 'pack' } });
      const first = await committed({ vms: [sampleVm({ name: 'a' })] });
      const other = await committed({ segment: segment(1), vms: [sampleVm({ cpus: 6 })] });
      const nodeOf = ({ placed }: { placed: { vms: PlacedVm[] } }): string => placed.vms[0]!.node;
      assert.equal(nodeOf(first.committed!), nodeOf(other.committed!));
      const { held } = await modify(first, { vms: [sampleVm({ name: 'a', cpus: 3 })] });
      assert.notEqual(nodeOf(held!), nodeOf(other.committed!));
    });

    it('of two VIs that want the last room one grows, and the other stays as it is', async () => {
      const vms = (count: number) => [sampleVm({ count, cpus: 4, nics: [] })];
      const [a, b] = [await committed({ vms: vms(2) }), await committed({ segment: segment(1), vms: vms(3) })];
      const outcomes = await Promise.allSettled([
        modify(a, { vms: vms(3) }),
        modify(b, { segment: segment(1), vms: vms(4) }),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const [lost] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      assert.equal(lost.kind?.id, '00705', String(lost));
    });
  });

  describe('external ports and peers', () => {
    it('are added and removed, and free for others when removed', async () => {
      const first = await committed({ externalPorts: [{ name: 'lan1', vlans: [100, 101] }] });
      const both = [{ name: 'lan1', vlans: [101, 102] }];
      const second = await change(first, { externalPorts: both, peers: [] });
      assert.deepEqual(second.committed!.placed.peers, []);
      await committed({ segment: segment(1), externalPorts: [{ name: 'lan1', vlans: [100] }] });
      await refusedWithoutTrace(() => modify(first, { externalPorts: [{ name: 'lan1', vlans: [100] }] }), '00704', {
        externalPort: 'lan1',
        vlan: '100',
      });
      await change(first, { externalPorts: [] });
      await committed({ segment: segment(2), externalPorts: [{ name: 'lan1', vlans: [101, 102] }] });
    });
  });

  describe('versions', () => {
    it('have the number that was asked for if it is higher, or the next', async () => {
      const first = await committed();
      await refusedWithoutTrace(() => modify(first, {}, call(), 1), '00100', { version: '1', inForce: '1' });
      assert.equal((await modify(first, {}, call(), 7)).held!.version, 7);
      await provider.commit(call(), first.connectionId);
      await refusedWithoutTrace(() => modify(first, {}, call(), 7), '00100');
      assert.equal((await modify(first, {})).held!.version, 8);
    });

    it('that were aborted leave their number to the next', async () => {
      const first = await committed();
      await modify(first, { vms: [sampleVm({ count: 3 })] }, call(), 2);
      await provider.abort(call(), first.connectionId);
      await modify(first, { vms: [sampleVm({ name: 'x' })] }, call(), 2);
      const second = await provider.commit(call(), first.connectionId);
      assert.deepEqual(
        second.committed!.placed.vms.map(({ name }) => name),
        ['x'],
      );
      assert.deepEqual(await iris.sql('SELECT name FROM vm WHERE connection_id = $1', [first.connectionId]), [
        { name: 'x' },
      ]);
    });

    it('may follow on a first one that was aborted', async () => {
      const { connectionId } = await provider.reserve(call(), request());
      await provider.abort(call(), connectionId);
      const held = await modify({ connectionId }, { segment: segment(9) });
      assert.deepEqual([held.held!.version, held.committed], [1, undefined]);
      const inForce = await provider.commit(call(), connectionId);
      assert.deepEqual([inForce.committed!.placed.segment.key, inForce.states.provision], [9, 'Released']);
    });
  });

  describe('is given back exactly', () => {
    const grown = { vms: [sampleVm({ count: 4, cpus: 3 })], externalPorts: [{ name: 'lan1', vlans: [0] }] };

    it('by abort', async () => {
      const first = await committed();
      const [before, rows] = [await reservationOf(iris, first.connectionId), await setAside()];
      await modify(first, grown);
      assert.notDeepEqual(await setAside(), rows);
      const aborted = await provider.abort(call(), first.connectionId);
      assert.deepEqual({ ...aborted, updatedAt: before.updatedAt }, before);
      assert.deepEqual(await setAside(), rows);
    });

    it('by the hold timeout, which abort leads out of', async () => {
      const first = await committed();
      const [before, rows] = [await reservationOf(iris, first.connectionId), await setAside()];
      await modify(first, grown);
      await iris.sql("UPDATE reservation_version SET hold_expires = now() WHERE state = 'held'");
      const refusal = await refusalOf(provider.commit(call(), first.connectionId));
      assert.deepEqual([refusal.kind.id, refusal.variables.reservationState], ['00201', 'ReserveTimeout']);
      assert.deepEqual((await reservationOf(iris, first.connectionId)).committed, before.committed);
      assert.deepEqual(await setAside(), rows);
      assert.equal((await refusalOf(modify(first, grown))).variables.reservationState, 'ReserveTimeout');
      const aborted = await provider.abort(call(), first.connectionId);
      const timedOut = { ...before, lastIds: { notification: 1, result: 0 } };
      assert.deepEqual({ ...aborted, updatedAt: before.updatedAt }, timedOut);
      assert.equal((await modify(first, grown)).held!.version, 2);
    });
  });

  describe('asked twice', () => {
    it('gets the same answer and changes nothing; another content under the id is refused', async () => {
      const first = await committed();
      const context = call();
      const answer = await modify(first, { vms: [sampleVm()] }, context);
      const before = await snapshot(iris);
      assert.deepEqual(await modify(first, { vms: [sampleVm()] }, context), answer);
      assert.equal(await snapshot(iris), before);
      await refusedWithoutTrace(() => modify(first, {}, context), '00202', { correlationId: context.correlationId });
      await refusedWithoutTrace(() => modify(first, { vms: [sampleVm()] }, context, 2), '00202');
      await provider.commit(call(), first.connectionId);
      assert.deepEqual(await modify(first, { vms: [sampleVm()] }, context), answer);
    });

    it('by two at once: one holds, the other is refused with 00201', async () => {
      const first = await committed();
      const outcomes = await Promise.allSettled([3, 4].map((count) => modify(first, { vms: [sampleVm({ count })] })));
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const [lost] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      assert.deepEqual([lost.kind.id, lost.variables.reservationState], ['00201', 'ReserveHeld']);
      const versions = await iris.sql("SELECT version FROM reservation_version WHERE state = 'held'");
      assert.deepEqual(versions, [{ version: 2 }]);
    });
  });

  describe('is refused, and changes nothing', () => {
    it('where the segment would change', async () => {
      const first = await committed();
      await refusedWithoutTrace(() => modify(first, { segment: segment(1) }), '00102', { segmentKey: '1' });
      const vxlan = { key: 4711, encapsulation: 'vxlan' as const };
      await refusedWithoutTrace(() => modify(first, { segment: vxlan }), '00102', { encapsulation: 'vxlan' });
    });

    it('where the criteria are wrong in themselves', async () => {
      const first = await committed();
      await refusedWithoutTrace(() => modify(first, { vms: [sampleVm({ image: 'none' })] }), '00102', {
        image: 'none',
      });
      await refusedWithoutTrace(() => modify(first, { schedule: { end: new Date(1) } }), '00100');
      const clash = [sampleVm({ count: 2 }), sampleVm({ name: 'vm-2' })];
      await refusedWithoutTrace(() => modify(first, { vms: clash }), '00100', { vm: 'vm-2' });
    });

    it('where the tenant would exceed its limits, counting the new version in place of the old', async () => {
      const limited = call({ subject: 'lim', tenant: 'limited' });
      const schedule = { end: hours(0.5) };
      const { connectionId } = await provider.reserve(limited, request({ schedule, vms: [sampleVm()] }));
      await provider.commit(call(limited.requester), connectionId);
      const attempt = (changes: Partial<Criteria>) => modify({ connectionId }, changes, call(limited.requester));
      const two = { schedule, vms: [sampleVm({ count: 2 })] };
      await refusedWithoutTrace(() => attempt({ schedule, vms: [sampleVm({ count: 3, cpus: 1 })] }), '00600', {
        limit: 'vms',
        allowed: '2',
        asked: '3',
      });
      await refusedWithoutTrace(() => attempt({ schedule, vms: [sampleVm({ count: 2, cpus: 3 })] }), '00600', {
        limit: 'cpus',
      });
      await refusedWithoutTrace(() => attempt({ ...two, schedule: {} }), '00600', { limit: 'durationHours' });
      assert.equal((await attempt(two)).held!.placed.vms.length, 2);
    });

    it('where an extension would make the whole longer than the tenant may have it', async () => {
      const limited = call({ subject: 'lim', tenant: 'limited' });
      const { connectionId } = await provider.reserve(limited, request({ schedule: { end: hours(0.9) }, vms: [] }));
      await provider.commit(call(limited.requester), connectionId);
      await iris.sql(
        `UPDATE reservation_version SET period = tstzrange(lower(period) - interval '30 minutes', upper(period))`,
      );
      const extended = { schedule: { end: hours(0.9) }, vms: [] };
      await refusedWithoutTrace(() => modify({ connectionId }, extended, call(limited.requester)), '00600', {
        limit: 'durationHours',
      });
      const shorter = { schedule: { end: hours(0.4) }, vms: [] };
      const { held, committed: inForce } = await modify({ connectionId }, shorter, call(limited.requester));
      assert.deepEqual(held!.start, inForce!.start, 'it began when it began');
    });

    it('in a state that does not allow it, for a stranger, and for what does not exist', async () => {
      const first = await committed();
      const stranger = call({ subject: 'bob', tenant: 'beta' });
      await refusedWithoutTrace(() => modify(first, {}, stranger), '00203');
      for (const connectionId of [randomUUID(), 'no-uuid', ''])
        await refusedWithoutTrace(() => modify({ connectionId }, {}), '00203');
      await modify(first, {});
      await refusedWithoutTrace(() => modify(first, {}), '00201', { reservationState: 'ReserveHeld' });
      await provider.terminate(call(), first.connectionId);
      await refusedWithoutTrace(() => modify(first, {}), '00204');
    });
  });

  describe('while a modification is held', () => {
    it('terminate ends both versions', async () => {
      const first = await committed();
      await modify(first, { vms: [sampleVm({ count: 4 })] });
      const over = await provider.terminate(call(), first.connectionId);
      assert.deepEqual([over.states.lifecycle, over.held], ['Terminated', undefined]);
      assert.deepEqual(await setAside(), [[], [], [], []]);
      assert.deepEqual(await iris.sql('SELECT * FROM due_work'), []);
    });

    it('provision and release are about the version in force', async () => {
      const first = await committed({ schedule: { start: hours(1) } });
      await modify(first, { schedule: { start: hours(2) } });
      const provisioned = await provider.provision(call(), first.connectionId);
      assert.deepEqual([provisioned.states.provision, provisioned.states.reservation], ['Provisioned', 'ReserveHeld']);
      const released = await provider.release(call(), first.connectionId);
      assert.deepEqual([released.states.provision, released.held!.version], ['Released', 2]);
      const second = await provider.commit(call(), first.connectionId);
      assert.deepEqual([second.committed!.version, second.states.provision], [2, 'Released']);
    });
  });
});

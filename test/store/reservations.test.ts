/** Reservations in the database: what was written comes back, page by page, and refusals change nothing. */
import assert from 'node:assert/strict';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import type { NewReservation, ReservationFilter } from '../../src/domain/ports/store.js';
import type { ConnectionStates } from '../../src/domain/reservation/states.js';
import { barrier, withSessions } from '../support/bypass.js';
import { at, cleanUp, hold, holdInStore, newReservation, storeWithNodes, versionOf } from './fixtures.js';

const refusedAs = (kindName: string, variables: Record<string, string>) => (error: unknown) => {
  assert.ok(error instanceof IrisError, `${error}`);
  assert.equal(error.kindName, kindName);
  assert.deepEqual({ ...error.variables }, variables);
  return true;
};

describe('reservations in the store', () => {
  afterEach(cleanUp);

  it('returns a held reservation as it was written', async function () {
    const { store } = await storeWithNodes(this);
    const details = { globalReservationId: 'urn:g:1', description: 'for a test', tenant: 'beta' };
    const reservation = await holdInStore(store, { end: undefined }, details);
    const found = await store.findReservation(reservation.connectionId);
    assert.ok(found !== undefined);
    const { createdAt, updatedAt, held, ...rest } = found;
    assert.deepEqual(rest, reservation);
    assert.deepEqual(held, { ...versionOf(reservation, { end: undefined }), holdExpires: at(1) });
    assert.ok(createdAt instanceof Date && updatedAt >= createdAt);
  });

  it('knows no reservation that nobody made', async function () {
    const { store } = await storeWithNodes(this);
    assert.equal(await store.findReservation('nobody'), undefined);
    assert.equal((await store.transaction((t) => t.lockReservation('nobody'))).reservation, undefined);
  });

  it('changes only what a patch names', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    const errorEvent = { at: at(3), event: 'activateFailed', node: 'n1', text: 'no' } as const;
    await store.transaction((t) => t.recordTurn(connectionId, { states: { provision: 'Provisioning' }, errorEvent }));
    await store.transaction((t) => t.recordTurn(connectionId, { states: { lifecycle: 'Failed' } }));
    const changed = await store.findReservation(connectionId);
    assert.equal(changed?.states.provision, 'Provisioning');
    assert.equal(changed?.states.reservation, 'ReserveChecking');
    assert.equal(changed?.states.lifecycle, 'Failed');
    assert.deepEqual(changed?.errorEvent, errorEvent);
    await store.transaction((t) => t.recordTurn(connectionId, { errorEvent: null }));
    assert.equal((await store.findReservation(connectionId))?.errorEvent, undefined);
  });

  it('rolls back all of a transaction that throws', async function () {
    const { store } = await storeWithNodes(this);
    let connectionId = '';
    await assert.rejects(
      store.transaction(async (t) => {
        connectionId = (await hold(t)).connectionId;
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    assert.equal(await store.findReservation(connectionId), undefined);
  });

  it('reads under the lock what the session before it left', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    let announceLocked = () => {};
    const locked = new Promise<void>((resolve) => {
      announceLocked = resolve;
    });
    const committing = store.transaction(async (t) => {
      await t.lockReservation(connectionId);
      announceLocked();
      await t.commitVersion(connectionId, 1, 'dropped');
      await t.recordTurn(connectionId, { states: { reservation: 'ReserveStart' } });
    });
    await locked;
    const { reservation: seen } = await store.transaction((t) => t.lockReservation(connectionId));
    await committing;
    assert.equal(seen?.committed?.version, 1);
    assert.equal(seen?.held, undefined);
    assert.equal(seen?.states.reservation, 'ReserveStart');
  });

  it('runs the loser of a deadlock again', async function () {
    const { store } = await storeWithNodes(this);
    const [a, b] = [await holdInStore(store, { key: 1 }), await holdInStore(store, { key: 2 })];
    const bothHaveOne = barrier(2);
    let runs = 0;
    const lockBoth = (first: string, second: string) =>
      store.transaction(async (t) => {
        runs += 1;
        await t.lockReservation(first);
        await bothHaveOne();
        return (await t.lockReservation(second)).reservation?.connectionId;
      });
    const seen = await Promise.all([
      lockBoth(a.connectionId, b.connectionId),
      lockBoth(b.connectionId, a.connectionId),
    ]);
    assert.deepEqual(seen, [b.connectionId, a.connectionId]);
    assert.equal(runs, 3);
  });

  it('replaces the version in force only when the new one commits', async function () {
    const { store } = await storeWithNodes(this);
    const reservation = await holdInStore(store, { cpus: { n1: 2 } });
    const { connectionId } = reservation;
    await store.transaction((t) => t.commitVersion(connectionId, 1, 'dropped'));
    await store.transaction((t) =>
      t.holdVersion(connectionId, versionOf(reservation, { version: 2, cpus: { n1: 6 } }), at(1)),
    );
    const during = await store.findReservation(connectionId);
    assert.deepEqual([during?.committed?.version, during?.held?.version], [1, 2]);
    await store.transaction((t) => t.commitVersion(connectionId, 2, 'dropped'));
    const after = await store.findReservation(connectionId);
    assert.deepEqual([after?.committed?.version, after?.held?.version], [2, undefined]);
    const [load] = await store.transaction((t) => t.peakLoad(at(0), at(1)));
    assert.deepEqual(load, { node: 'n1', cpus: 6, memoryMiB: 512, diskGiB: 4, cordoned: false });
  });

  it('keeps what a replaced version has set aside until it is dropped, and tells of it, the oldest first', async function () {
    const { store } = await storeWithNodes(this);
    const reservation = await holdInStore(store, { cpus: { n1: 6 } });
    const { connectionId } = reservation;
    const loads = async (): Promise<number[]> =>
      (await store.transaction((t) => t.peakLoad(at(0), at(1)))).map(({ cpus }) => cpus);
    await store.transaction(async (t) => {
      await t.commitVersion(connectionId, 1, 'dropped');
      await t.holdVersion(connectionId, versionOf(reservation, { version: 2, cpus: { n2: 2 } }), at(1));
      await t.commitVersion(connectionId, 2, 'replaced');
      await t.holdVersion(connectionId, versionOf(reservation, { version: 3, cpus: { n1: 2 } }), at(1));
      await t.commitVersion(connectionId, 3, 'replaced');
    });
    const known = await store.findReservation(connectionId);
    assert.equal(known?.committed?.version, 3);
    assert.deepEqual(
      known?.replaced?.map(({ version, placed }) => [version, placed.vms.map(({ node }) => node)]),
      [
        [1, ['n1']],
        [2, ['n2']],
      ],
    );
    assert.deepEqual(await loads(), [6, 2]);
    await store.transaction((t) => t.dropVersion(connectionId, 1));
    assert.deepEqual(await loads(), [2, 2]);
    await store.transaction((t) => t.dropAllocations(connectionId));
    assert.deepEqual(await loads(), [], 'of nodes without any nothing is said');
    assert.equal((await store.findReservation(connectionId))?.replaced, undefined);
  });

  it('sets nothing aside before a version is asked for, and uses the number of a dropped one again', async function () {
    const { store, url } = await storeWithNodes(this);
    const reservation = await holdInStore(store, { cpus: { n1: 2, n2: 1 } });
    const { connectionId } = reservation;
    await store.transaction(async (t) => {
      await t.dropVersion(connectionId, 1);
      await t.holdVersion(connectionId, versionOf(reservation, { cpus: { n1: 3 } }), at(1), at(5));
    });
    const held = (await store.findReservation(connectionId))?.held;
    assert.deepEqual([held?.version, held?.start, held?.placed.vms.length], [1, at(0), 1]);
    const load = (from: number, to: number) =>
      store.transaction((t) => t.peakLoad(at(from), at(to))).then(([n1]) => n1?.cpus ?? 0);
    assert.deepEqual([await load(0, 5), await load(5, 10)], [0, 3]);
    const rows = await withSessions(url, 1, async ([session]) => (await session!.query('SELECT node FROM vm')).rows);
    assert.deepEqual(rows, [{ node: 'n1' }]);
    await assert.rejects(
      store.transaction((t) => t.holdVersion(connectionId, versionOf(reservation, { cpus: { n2: 1 } }), at(1))),
      'one that is held is not overwritten',
    );
    assert.equal((await store.findReservation(connectionId))?.held?.placed.vms[0]?.node, 'n1');
  });

  it('refuses to commit a version that is not held', async function () {
    const { store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    await store.transaction((t) => t.dropVersion(connectionId, 1));
    await assert.rejects(
      store.transaction((t) => t.commitVersion(connectionId, 1, 'dropped')),
      refusedAs('internal', {}),
    );
  });

  it('names the segment key that is taken, and lets the transaction go on', async function () {
    const { store } = await storeWithNodes(this);
    await holdInStore(store, { key: 7 });
    const { loser, winner } = await store.transaction(async (t) => {
      const loser = newReservation(await t.nextViNumber());
      await t.insertReservation(loser);
      await assert.rejects(
        t.holdVersion(loser.connectionId, versionOf(loser, { key: 7 }), at(1)),
        refusedAs('stpUnavailable', { segmentKey: '7', encapsulation: 'gre' }),
      );
      return { loser, winner: await hold(t, { key: 8 }) };
    });
    assert.equal((await store.findReservation(loser.connectionId))?.held, undefined);
    assert.equal((await store.findReservation(winner.connectionId))?.held?.version, 1);
  });

  it('names every VLAN of an external port that is taken, and only those', async function () {
    const { store } = await storeWithNodes(this);
    await holdInStore(store, { key: 1, externalPorts: [{ name: 'lan1', node: 'gw', vlans: [0, 10, 20] }] });
    await assert.rejects(
      holdInStore(store, { key: 2, externalPorts: [{ name: 'lan1', node: 'gw', vlans: [10, 20, 30] }] }),
      refusedAs('stpUnavailable', { externalPort: 'lan1', vlan: '10,20' }),
    );
    await holdInStore(store, { key: 3, externalPorts: [{ name: 'lan2', node: 'gw', vlans: [10] }] });
  });

  it('gives a label to another as soon as the first one’s time is over', async function () {
    const { store } = await storeWithNodes(this);
    await holdInStore(store, { key: 7, start: at(0), end: at(5) });
    await holdInStore(store, { key: 7, start: at(5), end: at(6) });
    await assert.rejects(
      holdInStore(store, { key: 7, start: at(4), end: undefined }),
      refusedAs('stpUnavailable', { segmentKey: '7', encapsulation: 'gre' }),
    );
  });

  it('names the node and the resource that is short', async function () {
    const { store } = await storeWithNodes(this);
    await holdInStore(store, { key: 1, cpus: { n1: 5 } });
    await assert.rejects(
      holdInStore(store, { key: 2, cpus: { n1: 4, n2: 4 } }),
      refusedAs('capacityUnavailable', { node: 'n1', resource: 'cpus' }),
    );
    const load = await store.transaction((t) => t.peakLoad(at(0), undefined));
    assert.deepEqual(
      load.map(({ node, cpus }) => [node, cpus]),
      [['n1', 5]],
    );
  });

  it('refuses a VI that is placed on a node that the site does not have', async function () {
    const { store } = await storeWithNodes(this);
    await assert.rejects(holdInStore(store, { cpus: { n9: 1 } }), refusedAs('capacityUnavailable', {}));
  });

  it('frees everything a reservation has set aside', async function () {
    const { store } = await storeWithNodes(this);
    const externalPorts = [{ name: 'lan1', node: 'gw', vlans: [10] }];
    const { connectionId } = await holdInStore(store, { key: 7, externalPorts });
    const before = await store.transaction((t) => t.takenLabels(at(0), at(1)));
    assert.deepEqual(before, {
      segments: [{ key: 7, encapsulation: 'gre' }],
      externalPortVlans: [{ name: 'lan1', vlan: 10 }],
    });
    await store.transaction((t) => t.dropAllocations(connectionId));
    const after = await store.transaction((t) => t.takenLabels(at(0), at(1)));
    assert.deepEqual(after, { segments: [], externalPortVlans: [] });
    assert.equal((await store.findReservation(connectionId))?.held, undefined);
    await holdInStore(store, { key: 7, externalPorts, cpus: { n1: 8 } });
  });

  it('measures a tenant at its peak, with versions as their maximum', async function () {
    const { store } = await storeWithNodes(this);
    const first = await holdInStore(store, { key: 1, cpus: { n1: 2, n2: 2 }, end: at(5) });
    await store.transaction((t) => t.commitVersion(first.connectionId, 1, 'dropped'));
    await store.transaction((t) =>
      t.holdVersion(first.connectionId, versionOf(first, { version: 2, key: 1, cpus: { n1: 3 }, end: at(5) }), at(1)),
    );
    await holdInStore(store, { key: 2, cpus: { n1: 1 }, start: at(5), end: at(6) });
    await holdInStore(store, { key: 3, cpus: { n1: 1 } }, { tenant: 'beta' });
    assert.deepEqual(await store.transaction((t) => t.tenantPeak('alpha', at(0), undefined)), {
      vms: 2,
      cpus: 4,
      memoryMiB: 1024,
    });
    assert.deepEqual(await store.transaction((t) => t.tenantPeak('alpha', at(0), undefined, first.connectionId)), {
      vms: 1,
      cpus: 1,
      memoryMiB: 512,
    });
  });

  it('lists by page, the newest first, without gaps, and by every filter', async function () {
    const { store } = await storeWithNodes(this);
    const made: NewReservation[] = [];
    for (let key = 1; key <= 5; key += 1)
      made.push(
        await holdInStore(store, { key, start: at(key), end: at(key + 1) }, { tenant: key < 4 ? 'alpha' : 'beta' }),
      );
    const ids = made.map(({ connectionId }) => connectionId);
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = await store.listReservations({}, { limit: 2, ...(after === undefined ? {} : { after }) });
      pages.push(page.reservations.map(({ connectionId }) => connectionId));
      after = page.next;
    } while (after !== undefined);
    const newestFirst = [...ids].reverse();
    assert.deepEqual(pages, [newestFirst.slice(0, 2), newestFirst.slice(2, 4), newestFirst.slice(4)]);
    await assert.rejects(
      store.listReservations({}, { limit: 2, after: 'nonsense' }),
      refusedAs('payload', { after: 'nonsense' }),
    );

    const matching = async (filter: ReservationFilter) =>
      (await store.listReservations(filter, { limit: 10 })).reservations.map(({ viNumber }) =>
        made.findIndex((m) => m.viNumber === viNumber),
      );
    assert.deepEqual(await matching({ tenant: 'beta' }), [4, 3]);
    assert.deepEqual(await matching({ connectionIds: [ids[1]!, 'nobody'] }), [1]);
    assert.deepEqual(await matching({ viNumbers: [made[2]!.viNumber] }), [2]);
    assert.deepEqual(await matching({ from: at(2), to: at(3.5) }), [2, 1]);
    assert.deepEqual(await matching({ to: at(2) }), [0]);
    assert.deepEqual(await matching({ reservationStates: ['ReserveHeld'] }), []);
    assert.deepEqual(await matching({ lifecycleStates: ['Created', 'Failed'], tenant: 'alpha' }), [2, 1, 0]);
  });

  it('lists as live what stands, should stand, or is on its way out', async function () {
    const { store } = await storeWithNodes(this);
    const make = async (key: number, states: Partial<ConnectionStates>) => {
      const { connectionId } = await holdInStore(store, { key });
      await store.transaction((t) => t.recordTurn(connectionId, { states }));
      return connectionId;
    };
    await make(1, { provision: 'Released' });
    const provisioned = await make(2, { provision: 'Provisioned' });
    const leftover = await make(3, {
      provision: 'Released',
      lifecycle: 'PassedEndTime',
      dataPlane: { active: true, version: 1, consistent: true },
    });
    await make(4, { provision: 'Released', lifecycle: 'Terminated' });
    const live = await store.listLive();
    assert.deepEqual(
      live.map(({ connectionId }) => connectionId),
      [provisioned, leftover],
    );
  });
});

/** A database that was restored knows less than the nodes, or otherwise: by what it believes nothing is torn down. */
import assert from 'node:assert/strict';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { type Backup, backUp } from '../support/backup.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import {
  becomes,
  call,
  domainsOn,
  isActive,
  openSite,
  operator,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
  visOnSwitches,
} from './site-under-test.js';

const quick = { reservations: { resyncSeconds: 0.2 } };

/** A backup has the leases of those who worked then: they end soon. */
const brief = { leaseMs: 1_000 };

describe('a restored database', () => {
  let iris: SiteUnderTest;
  beforeEach(async () => {
    iris = await openSite(sampleSite(quick));
    await iris.startEngine({}, brief);
  });
  afterEach(() => iris.close());

  async function build(key: number): Promise<Reservation> {
    const criteria = { segment: { key, encapsulation: 'gre' as const }, vms: [sampleVm()] };
    const { connectionId } = await iris.provider.reserve(call(), request(criteria, { autoProvision: true }));
    await iris.provider.commit(call(), connectionId);
    return becomes(iris, connectionId, 'is active', isActive);
  }

  /** Another day: the same nodes, and the database as it was then. `asIfItself`: PostgreSQL itself has noticed nothing, as after a snapshot of its disk. */
  async function restore(backup: Backup, { asIfItself = false } = {}): Promise<void> {
    const { compute, network, site } = iris;
    await iris.close();
    const url = await backup.restore();
    iris = await openSite(site, { url, compute, network });
    if (asIfItself) {
      await iris.sql('UPDATE site_instance SET database_identity = NULL');
      await iris.store.instance();
    }
  }

  const standing = async () => ({ domains: (await domainsOn(iris)).sort(), vis: await visOnSwitches(iris) });
  const rounds = () =>
    iris.sql("SELECT * FROM due_work WHERE kind = 'reconcile' AND attempts > 0 AND locked_by IS NULL");

  for (const asIfItself of [false, true])
    describe(asIfItself ? 'by a snapshot of its disk' : 'by a dump', () => {
      it('tears down nothing: not what it believes released, nor what it knows in an older version, nor what it does not know', async () => {
        const { backup, over, newer } = await buildAll();
        const before = await standing();
        assert.equal(before.domains.length, 4);

        await restore(backup, { asIfItself });
        const engine = await iris.startEngine({}, brief);
        const health = await engine.health();
        assert.equal(health.ok, false);
        assert.match(health.restored!.reason, asIfItself ? /older than its nodes: .*bears round/ : /another database/);
        // Rounds come up, again and again, and none of them does anything.
        await iris.store.transaction((t) =>
          t.scheduleWork(
            [over, newer].map(({ connectionId }) => ({ kind: 'reconcile', connectionId, runAt: new Date(0) })),
          ),
        );
        await eventually('rounds were held back', async () => ((await rounds()).length >= 1 ? true : undefined));
        assert.deepEqual(await standing(), before);
        assert.equal((await reservationOf(iris, over.connectionId)).states.provision, 'Released');
      });
    });

  /** One VI of each kind: what a restored database does not know, believes over, or has in an older version. */
  async function buildAll() {
    const over = await build(1);
    const newer = await build(2);
    await iris.provider.release(call(), over.connectionId);
    await becomes(iris, over.connectionId, 'is released', ({ states }) => states.provision === 'Released');
    const backup = await backUp(iris.url);
    await iris.provider.provision(call(), over.connectionId);
    await becomes(iris, over.connectionId, 'is active again', isActive);
    const criteria = { segment: { key: 2, encapsulation: 'gre' as const }, vms: [sampleVm({ count: 2 })] };
    await iris.provider.modify(call(), { connectionId: newer.connectionId, criteria: request(criteria).criteria });
    await iris.provider.commit(call(), newer.connectionId);
    await becomes(iris, newer.connectionId, 'has grown', hasVersion(2));
    return { backup, over, newer, unknown: await build(3) };
  }
  const hasVersion =
    (version: number) =>
    ({ states }: Reservation): boolean =>
      states.dataPlane.active && states.dataPlane.consistent && states.dataPlane.version === version;
  const listed = async () => {
    const { orphans } = await iris.provider.listOrphans(operator());
    return orphans.map(({ id, state, adoptable }) => `${id} ${state} ${adoptable}`).sort();
  };

  it('shows what is over, newer or unknown; adopts all of it, untouched; and once accepted goes on as before', async () => {
    const { backup, over, newer, unknown } = await buildAll();
    const before = await standing();
    await restore(backup);
    const engine = await iris.startEngine({}, brief);
    assert.deepEqual(
      [...new Set(await listed())],
      [
        `${over.connectionId} over true`,
        `${newer.connectionId} newer true`,
        `${unknown.connectionId} unknown true`,
      ].sort(),
    );
    const { restored, orphans } = await iris.provider.listOrphans(operator());
    assert.match(restored!.reason, /another database/);
    assert.deepEqual([...new Set(orphans.map(({ tenant }) => tenant))], ['alpha']);

    for (const { connectionId } of [over, newer, unknown]) {
      const asked = operator();
      const adopted = await iris.provider.resolveOrphan(asked, connectionId, 'adopt');
      assert.equal(adopted.states.lifecycle, 'Created');
      assert.deepEqual(await iris.provider.resolveOrphan(asked, connectionId, 'adopt'), adopted, 'the same again');
      await iris.provider.resolveOrphan(operator(), connectionId, 'adopt');
    }
    assert.deepEqual(await listed(), []);
    assert.deepEqual(await standing(), before);
    const accepted = await iris.provider.acceptDatabase(operator());
    assert.deepEqual(accepted, { orphans: [] });
    await becomes(iris, over.connectionId, 'is active', hasVersion(1));
    await becomes(iris, newer.connectionId, 'is active', hasVersion(2));
    const back = await becomes(iris, unknown.connectionId, 'is active', hasVersion(1));
    assert.deepEqual(await standing(), before);
    assert.equal((await engine.health()).ok, true);
    assert.deepEqual(
      [back.tenant, back.requester, back.viNumber, back.committed!.placed.vms[0]!.nics],
      [unknown.tenant, unknown.requester, unknown.viNumber, unknown.committed!.placed.vms[0]!.nics],
    );
    const history = await iris.store.history(unknown.connectionId);
    assert.ok(history.some(({ by, reason }) => by === 'root' && reason === 'adopted from what stands on the nodes'));
    assert.equal((await iris.sql('SELECT * FROM segment_allocation WHERE segment_key = 3')).length, 1);

    // And they end as any other does.
    for (const { connectionId } of [over, newer, unknown]) await iris.provider.terminate(call(), connectionId);
    await eventually('nothing stands', async () => ((await standing()).domains.length === 0 ? true : undefined));
  });

  it('accepted without adopting, what it believes holds; what it does not know stays until it is removed', async () => {
    const { backup, over, newer, unknown } = await buildAll();
    await restore(backup, { asIfItself: true });
    const engine = await iris.startEngine({}, brief);
    await iris.provider.acceptDatabase(operator());
    await eventually('what is over is gone', async () => {
      const { domains, vis } = await standing();
      return domains.length === 2 && !vis.includes(over.viNumber) ? true : undefined;
    });
    await becomes(iris, newer.connectionId, 'is as the database has it', hasVersion(1));
    assert.equal((await engine.health()).restored, undefined);
    assert.deepEqual([...new Set(await listed())], [`${unknown.connectionId} unknown true`]);

    const removed = await iris.provider.resolveOrphan(operator(), unknown.connectionId, 'remove');
    assert.equal(removed.states.lifecycle, 'Terminating');
    const gone = await becomes(
      iris,
      unknown.connectionId,
      'is gone',
      ({ states }) => states.lifecycle === 'Terminated',
    );
    assert.equal(gone.tenant, 'alpha');
    const { domains, vis } = await standing();
    assert.deepEqual([domains.length, vis], [1, [newer.viNumber]]);
    assert.deepEqual(await listed(), []);
    assert.equal(
      (await iris.provider.resolveOrphan(operator(), unknown.connectionId, 'remove')).states.lifecycle,
      'Terminated',
    );
    const [first] = await iris.store.history(unknown.connectionId);
    assert.deepEqual([first!.by, first!.to, first!.reason], ['root', 'Terminating', 'an orphan is removed']);
    await eventually('no node bears its record', async () => {
      const notes = await Promise.all(iris.site.nodes.map(({ name }) => iris.network.readNote(name)));
      return notes.some(({ records }) => Object.hasOwn(records, unknown.connectionId)) ? undefined : true;
    });
  });

  it('refuses to adopt what has no room any more, with the reason, and takes nothing of it', async () => {
    const { backup, unknown } = await buildAll();
    await restore(backup);
    await iris.startEngine({}, brief);
    // Somebody is given the segment key meanwhile.
    const criteria = { segment: { key: 3, encapsulation: 'gre' as const }, vms: [sampleVm()] };
    const other = await iris.provider.reserve(call({ tenant: 'beta', subject: 'bob' }), request(criteria));
    assert.ok(other.viNumber > unknown.viNumber + 1000, 'numbers that may be in flow cookies are not given away again');
    const refused = await refusalOf(iris.provider.resolveOrphan(operator(), unknown.connectionId, 'adopt'));
    assert.deepEqual([refused.kind.id, refused.what], ['00704', 'segment key 3 (gre) is taken']);
    assert.equal(await iris.store.findReservation(unknown.connectionId), undefined);
    await iris.provider.abort(call({ tenant: 'beta', subject: 'bob' }), other.connectionId);
    await iris.provider.resolveOrphan(operator(), unknown.connectionId, 'adopt');
    await becomes(iris, unknown.connectionId, 'is active, though the database is not accepted yet', isActive);
  });

  it('serves new requests meanwhile, and leaves all of this to operators', async () => {
    const { backup, unknown } = await buildAll();
    await restore(backup);
    await iris.startEngine({}, brief);
    await build(9);
    for (const refused of [
      iris.provider.listOrphans(call()),
      iris.provider.acceptDatabase(call()),
      iris.provider.resolveOrphan(call(), unknown.connectionId, 'remove'),
    ])
      assert.equal((await refusalOf(refused)).kind.id, '00302');
    const nowhere = await refusalOf(iris.provider.resolveOrphan(operator(), 'nobody-knows', 'remove'));
    assert.equal(nowhere.kind.id, '00203');
    const known = await build(10);
    assert.equal(
      (await refusalOf(iris.provider.resolveOrphan(operator(), known.connectionId, 'remove'))).kind.id,
      '00201',
    );
  });

  it('removes what no node can say anything of but its mark', async () => {
    const { backup, unknown } = await buildAll();
    await restore(backup);
    for (const { name } of iris.site.nodes)
      await iris.network.writeNote(name, { records: { [unknown.connectionId]: undefined } });
    await iris.startEngine({}, brief);
    const flows = `vi-${unknown.viNumber}`;
    assert.ok((await listed()).includes(`${flows} unknown false`));
    const refused = await refusalOf(iris.provider.resolveOrphan(operator(), unknown.connectionId, 'adopt'));
    assert.match(refused.what, /can only be removed/);
    for (const id of [flows, unknown.connectionId]) {
      await iris.provider.resolveOrphan(operator(), id, 'remove');
      await becomes(iris, id, 'is gone', ({ states }) => states.lifecycle === 'Terminated');
    }
    const { domains, vis } = await standing();
    assert.deepEqual([domains.length, vis.includes(unknown.viNumber)], [3, false]);
  });

  it('from between reserve and commit: what was committed and built since is an orphan as well', async () => {
    const criteria = { segment: { key: 5, encapsulation: 'gre' as const }, vms: [sampleVm()] };
    const { connectionId } = await iris.provider.reserve(call(), request(criteria, { autoProvision: true }));
    const second = await iris.provider.reserve(
      call(),
      request({ ...criteria, segment: { key: 6, encapsulation: 'gre' } }),
    );
    const backup = await backUp(iris.url);
    for (const id of [connectionId, second.connectionId]) {
      await iris.provider.commit(call(), id);
      if (id !== connectionId) await iris.provider.provision(call(), id);
      await becomes(iris, id, 'is active', isActive);
    }
    const before = await standing();
    await restore(backup);
    await iris.startEngine({}, brief);
    await iris.provider.acceptDatabase(operator());
    assert.deepEqual(
      [...new Set(await listed())],
      [connectionId, second.connectionId].map((id) => `${id} unknown true`).sort(),
    );
    await iris.provider.resolveOrphan(operator(), connectionId, 'adopt');
    await becomes(iris, connectionId, 'is active', hasVersion(1));
    assert.deepEqual(await standing(), before);
    await iris.provider.resolveOrphan(operator(), second.connectionId, 'remove');
    await becomes(iris, second.connectionId, 'is gone', ({ states }) => states.lifecycle === 'Terminated');
    assert.equal((await standing()).domains.length, 1);
    assert.equal((await iris.sql('SELECT * FROM segment_allocation')).length, 1);
  });

  it('compares a node that was away when it comes back, before anything of it is touched', async () => {
    const { backup, over } = await buildAll();
    await restore(backup, { asIfItself: true });
    for (const { name } of iris.site.nodes) iris.network.setReachable(name, false);
    const before = (await domainsOn(iris)).sort();
    await iris.startEngine({}, brief);
    await iris.store.transaction((t) =>
      t.scheduleWork([{ kind: 'reconcile', connectionId: over.connectionId, runAt: new Date(0) }]),
    );
    await eventually('a round was tried', async () => ((await rounds()).length >= 1 ? true : undefined));
    assert.deepEqual((await domainsOn(iris)).sort(), before);
    assert.equal(await iris.store.restoredDatabase(), undefined, 'nobody could know yet');
    iris.network.setReachable('n1', true);
    iris.network.setReachable('n2', true);
    iris.network.setReachable('n3', true);
    await eventually('it is known', () => iris.store.restoredDatabase());
    assert.deepEqual((await domainsOn(iris)).sort(), before);
  });

  for (const when of ['before its first round', 'between two attempts'])
    it(`a VM that has never run may still be placed elsewhere where a round was held back ${when}`, async () => {
      const bearMore = () =>
        Promise.all(iris.site.nodes.map(({ name }) => iris.network.writeNote(name, { round: 99 })));
      const criteria = { segment: { key: 1, encapsulation: 'gre' as const }, vms: [sampleVm({ name: 'bad' })] };
      const { connectionId } = await iris.provider.reserve(call(), request(criteria));
      const { committed } = await iris.provider.commit(call(), connectionId);
      const refusing = committed!.placed.vms[0]!.node;
      const { ensure } = iris.compute;
      let attempts = 0;
      iris.compute.ensure = async (asked) => {
        attempts += 1;
        if (attempts === 1 && when === 'between two attempts') await bearMore();
        return ensure(asked);
      };
      iris.compute.controls.refuse(refusing, 'bad');
      if (when === 'before its first round') await bearMore();
      await iris.provider.provision(call(), connectionId);
      await eventually('it is known', () => iris.store.restoredDatabase());
      await becomes(iris, connectionId, 'has its note', ({ errorEvent }) => errorEvent?.unbooted?.[0]?.name === 'bad');
      await iris.provider.acceptDatabase(operator());
      const active = await becomes(iris, connectionId, 'is active', isActive);
      assert.notEqual(active.committed!.placed.vms[0]!.node, refusing);
    });
});

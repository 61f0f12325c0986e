import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Provider } from '../../src/domain/ports/provider.js';
import type { CallContext } from '../../src/domain/ports/store.js';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { sampleCriteria, sampleSite, sampleVm } from '../support/domain-samples.js';
import {
  call,
  openSite,
  operator,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
  snapshot,
} from './site-under-test.js';

type Operation = 'commit' | 'abort' | 'provision' | 'release' | 'terminate';

describe('operations', () => {
  let iris: SiteUnderTest;
  let provider: Provider;
  beforeEach(async () => {
    iris = await openSite();
    provider = iris.provider;
  });
  afterEach(() => iris.close());

  const reserve = (changes: Parameters<typeof request>[0] = {}, context: CallContext = call()): Promise<Reservation> =>
    provider.reserve(context, request(changes));

  it('reserve holds, commit makes it firm, terminate ends it, and the history tells', async () => {
    const held = await reserve();
    assert.equal(held.states.reservation, 'ReserveHeld');
    assert.equal(held.states.provision, undefined);
    assert.equal(held.held!.placed.vms.length, 2);
    const holdMs = held.held!.holdExpires.getTime() - held.createdAt.getTime();
    assert.equal(holdMs, 120_000);
    const committed = await provider.commit(call(), held.connectionId);
    assert.deepEqual([committed.states.reservation, committed.states.provision], ['ReserveStart', 'Released']);
    assert.equal(committed.held, undefined);
    assert.equal(committed.committed!.version, 1);
    const over = await provider.terminate(call(), held.connectionId);
    assert.equal(over.states.lifecycle, 'Terminated', 'nothing was ever built');
    const { history } = await provider.getReservation(call(), held.connectionId);
    assert.deepEqual(
      history.map((entry) => `${entry.machine} ${entry.from} ${entry.to} ${entry.by}`),
      [
        'reservation ReserveStart ReserveChecking alice',
        'reservation ReserveChecking ReserveHeld engine',
        'reservation ReserveHeld ReserveCommitting alice',
        'reservation ReserveCommitting ReserveStart engine',
        'provision none Released engine',
        'lifecycle Created Terminating alice',
        'lifecycle Terminating Terminated reconciler',
      ],
    );
    for (const table of ['node_allocation', 'segment_allocation', 'mac_allocation', 'due_work'])
      assert.deepEqual(await iris.sql(`SELECT * FROM ${table}`), [], table);
  });

  it('what is terminated has no end to wait for any more', async () => {
    const schedule = { start: new Date(Date.now() + 3_600_000), end: new Date(Date.now() + 7_200_000) };
    const { connectionId } = await reserve({ schedule });
    await provider.commit(call(), connectionId);
    await provider.provision(call(), connectionId);
    const kinds = async () =>
      (await iris.sql<{ kind: string }>('SELECT kind FROM due_work ORDER BY 1')).map((w) => w.kind);
    assert.deepEqual(await kinds(), ['endTime', 'reconcile']);
    await provider.terminate(call(), connectionId);
    assert.deepEqual(await kinds(), []);
  });

  it('what is answered is what is stored', async () => {
    const held = await reserve({ vms: [sampleVm({ nics: [{ ip: '10.0.0.1' }] })] });
    const { createdAt: _c, updatedAt: _u, ...answer } = held;
    const { createdAt, updatedAt, ...stored } = await reservationOf(iris, held.connectionId);
    assert.deepEqual(stored, answer);
    assert.ok(updatedAt >= createdAt);
    const { updatedAt: _a, createdAt: _b, ...committed } = await provider.commit(call(), held.connectionId);
    const { updatedAt: _x, createdAt: _y, ...inForce } = await reservationOf(iris, held.connectionId);
    assert.deepEqual(inForce, committed);
  });

  it('every operation repeated with its correlation id gets the same answer and changes nothing', async () => {
    const twice = async (ask: (context: CallContext) => Promise<Reservation>): Promise<Reservation> => {
      const context = call();
      const first = await ask(context);
      const before = await snapshot(iris);
      assert.deepEqual(await ask(context), first);
      assert.equal(await snapshot(iris), before);
      return first;
    };
    const { connectionId } = await twice((context) => reserve({}, context));
    for (const operation of ['commit', 'provision', 'release', 'provision', 'terminate'] as Operation[])
      await twice((context) => provider[operation](context, connectionId));
    const aborted = await reserve();
    await twice((context) => provider.abort(context, aborted.connectionId));
  });

  it('repeats an old answer after the reservation has moved on', async () => {
    const context = call();
    const held = await reserve({}, context);
    await provider.commit(call(), held.connectionId);
    await provider.terminate(call(), held.connectionId);
    assert.deepEqual(await reserve({}, context), held);
  });

  it('ten at once with one correlation id are one', async () => {
    const context = call();
    const answers = await Promise.all(Array.from({ length: 10 }, () => reserve({}, context)));
    assert.equal(new Set(answers.map((answer) => answer.connectionId)).size, 1);
    assert.equal((await iris.sql('SELECT 1 FROM reservation')).length, 1);
  });

  it('a correlation id with another content or operation is refused with 00202', async () => {
    const context = call();
    const { connectionId } = await reserve({}, context);
    const before = await snapshot(iris);
    for (const again of [
      reserve({ segment: { key: 1, encapsulation: 'gre' } }, context),
      provider.commit(context, connectionId),
    ]) {
      const refusal = await refusalOf(again);
      assert.equal(refusal.kind.id, '00202');
      assert.equal(refusal.variables.correlationId, context.correlationId);
    }
    assert.equal(await snapshot(iris), before);
  });

  it('correlation ids are unique per requester only', async () => {
    const context = call();
    await reserve({}, context);
    const other = await reserve(
      { segment: { key: 2, encapsulation: 'gre' } },
      call({ subject: 'bob', tenant: 'beta' }, context.correlationId),
    );
    assert.equal(other.tenant, 'beta');
  });

  const wrong: Record<string, { after: Operation[]; refused: Operation[]; id: string }> = {
    held: { after: [], refused: ['provision', 'release'], id: '00201' },
    aborted: { after: ['abort'], refused: ['commit', 'abort', 'provision', 'release'], id: '00201' },
    committed: { after: ['commit'], refused: ['commit', 'abort', 'release'], id: '00201' },
    provisioning: { after: ['commit', 'provision'], refused: ['commit', 'abort', 'provision'], id: '00201' },
    terminated: {
      after: ['commit', 'terminate'],
      refused: ['commit', 'abort', 'provision', 'release', 'terminate'],
      id: '00204',
    },
  };
  for (const [state, { after, refused, id }] of Object.entries(wrong))
    it(`${state}: ${refused.join(', ')} refused with ${id}, the states named, nothing changed`, async () => {
      const { connectionId } = await reserve();
      for (const operation of after) await provider[operation](call(), connectionId);
      const before = await snapshot(iris);
      const { states } = await reservationOf(iris, connectionId);
      for (const operation of refused) {
        const refusal = await refusalOf(provider[operation](call(), connectionId));
        assert.equal(refusal.kind.id, id, operation);
        assert.equal(refusal.connectionId, connectionId);
        assert.equal(refusal.variables.reservationState, states.reservation);
        assert.equal(refusal.variables.lifecycleState, states.lifecycle);
        assert.equal(refusal.variables.message, operation);
      }
      assert.equal(await snapshot(iris), before);
    });

  it('an unknown id, however written, and the id of another tenant look the same: 00203', async () => {
    const { connectionId } = await reserve();
    const before = await snapshot(iris);
    const stranger = () => call({ subject: 'bob', tenant: 'beta' });
    for (const operation of ['commit', 'abort', 'provision', 'release', 'terminate', 'getReservation'] as const) {
      for (const id of [randomUUID(), 'no-uuid', '']) {
        const unknown = await refusalOf(provider[operation](call(), id));
        assert.equal(unknown.kind.id, '00203');
      }
      const foreign = await refusalOf(provider[operation](stranger(), connectionId));
      assert.deepEqual([foreign.kind.id, foreign.variables], ['00203', { connectionId }]);
    }
    const modified = { connectionId, criteria: sampleCriteria() };
    assert.equal((await refusalOf(provider.modify(stranger(), modified))).kind.id, '00203');
    assert.equal(await snapshot(iris), before);
    const { reservations } = await provider.listReservations(stranger(), { page: { limit: 10 } });
    assert.deepEqual(reservations, []);
  });

  it('a tenant asks only for itself; an operator for any tenant that there is', async () => {
    const idOf = async (context: CallContext, tenant?: string): Promise<string> => {
      const asked = tenant === undefined ? {} : { tenant };
      return (await refusalOf(provider.reserve(context, request({}, asked)))).kind.id;
    };
    assert.equal(await idOf(call(), 'beta'), '00302');
    assert.equal(await idOf(operator()), '00101');
    assert.equal(await idOf(operator(), 'nobody'), '00302');
    const made = await provider.reserve(operator(), request({}, { tenant: 'alpha' }));
    assert.equal(
      (await provider.commit(call(), made.connectionId)).tenant,
      'alpha',
      'the tenant itself goes on with it',
    );
    assert.equal(
      (await refusalOf(provider.listReservations(call(), { tenant: 'beta', page: { limit: 1 } }))).kind.id,
      '00302',
    );
  });

  describe('too much is refused, named, and nothing has changed', () => {
    const second = { segment: { key: 2, encapsulation: 'gre' as const } };
    const cases: Record<string, { first: object; next: object; id: string; names: Record<string, string> }> = {
      capacity: {
        first: { vms: [sampleVm({ count: 3, cpus: 6 })] },
        next: { ...second, vms: [sampleVm({ cpus: 3 })] },
        id: '00705',
        names: { vm: 'vm' },
      },
      'segment key': { first: {}, next: {}, id: '00704', names: { segmentKey: '4711' } },
      'external port and VLAN': {
        first: { externalPorts: [{ name: 'lan1', vlans: [0, 100] }] },
        next: { ...second, externalPorts: [{ name: 'lan1', vlans: [100, 101] }] },
        id: '00704',
        names: { externalPort: 'lan1', vlan: '100' },
      },
      'MTU of an external port': {
        first: {},
        next: { ...second, externalPorts: [{ name: 'lan3', vlans: [0] }] },
        id: '00700',
        names: { externalPort: 'lan3', mtu: '1500', segmentMtu: '1454' },
      },
    };
    for (const [what, { first, next, id, names }] of Object.entries(cases))
      it(what, async () => {
        await reserve(first);
        const before = await snapshot(iris);
        const refusal = await refusalOf(reserve(next));
        assert.deepEqual([refusal.kind.id, refusal.connectionId], [id, undefined]);
        for (const [name, value] of Object.entries(names)) assert.equal(refusal.variables[name], value);
        assert.equal(await snapshot(iris), before);
      });

    it('a tenant has its limits, counted over all its reservations', async () => {
      const limited = () => call({ subject: 'lim', tenant: 'limited' });
      const schedule = { end: new Date(Date.now() + 1_800_000) };
      await reserve({ schedule, vms: [sampleVm()] }, limited());
      const before = await snapshot(iris);
      const refusal = await refusalOf(reserve({ ...second, schedule }, limited()));
      assert.deepEqual([refusal.kind.id, refusal.variables.limit], ['00600', 'vms']);
      assert.equal(await snapshot(iris), before);
    });

    it('what is wrong in itself never reaches the database', async () => {
      const before = await snapshot(iris);
      const refusal = await refusalOf(reserve({ vms: [sampleVm({ image: 'none' })] }));
      assert.deepEqual([refusal.kind.id, refusal.variables.image], ['00102', 'none']);
      assert.equal(await snapshot(iris), before);
    });
  });

  it('the same MACs, IPs and VLANs in two segments are no conflict', async () => {
    const nics = [{ mac: '52:54:00:00:00:01', ip: '10.0.0.1' }];
    await reserve({ vms: [sampleVm({ nics })] });
    const other = await reserve(
      { segment: { key: 2, encapsulation: 'gre' }, vms: [sampleVm({ nics })] },
      call({ subject: 'bob', tenant: 'beta' }),
    );
    assert.equal(other.held!.placed.vms[0]!.nics[0]!.mac, nics[0]!.mac);
  });

  it('of many at once for the last room exactly as many win as there is room for', async () => {
    const attempts = Array.from({ length: 8 }, (_, index) =>
      provider.reserve(
        call(),
        request({ segment: { key: 100 + index, encapsulation: 'gre' }, vms: [sampleVm({ cpus: 7 })] }),
      ),
    );
    const outcomes = await Promise.allSettled(attempts);
    assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 3, 'one on each node');
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal(outcome.reason.kind?.id, '00705', String(outcome.reason));
  });

  it('an interval that does not overlap is free; one that touches is too', async () => {
    const at = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);
    const [two, three, four] = [at(2), at(3), at(4)];
    const vms = [sampleVm({ count: 3, cpus: 8 })];
    await reserve({ schedule: { start: two, end: three }, vms });
    await reserve({ schedule: { start: three, end: four }, vms });
    await reserve({ schedule: { end: two }, vms });
    assert.equal((await refusalOf(reserve({ schedule: { start: three }, vms }))).kind.id, '00705');
    const { nodes, takenSegmentKeys } = await provider.getAvailability(call(), two, three);
    assert.deepEqual(
      nodes.map(({ free }) => free.cpus),
      [0, 0, 0],
    );
    assert.deepEqual(takenSegmentKeys, [4711]);
    const later = await provider.getAvailability(call(), four, undefined);
    assert.deepEqual(
      later.nodes.map(({ free }) => free.cpus),
      [8, 8, 8],
    );
    assert.deepEqual(later.takenSegmentKeys, []);
  });

  it('commit after the hold has expired is refused with 00201 and leaves ReserveTimeout, whether or not the timer ran', async () => {
    await iris.close();
    iris = await openSite(sampleSite({ reservations: { holdSeconds: 0.05 } }));
    provider = iris.provider;
    const { connectionId, held } = await reserve();
    await iris.sql(`SELECT pg_sleep(greatest(0, extract(epoch FROM $1::timestamptz - clock_timestamp())))`, [
      held!.holdExpires,
    ]);
    const context = call();
    const refusal = await refusalOf(provider.commit(context, connectionId));
    assert.deepEqual([refusal.kind.id, refusal.variables.reservationState], ['00201', 'ReserveTimeout']);
    assert.equal((await reservationOf(iris, connectionId)).states.reservation, 'ReserveTimeout');
    assert.deepEqual(await iris.sql('SELECT * FROM node_allocation'), []);
    const again = await refusalOf(provider.commit(context, connectionId));
    assert.deepEqual(again.variables, refusal.variables);
    const aborted = await provider.abort(call(), connectionId);
    assert.equal(aborted.states.reservation, 'ReserveStart');
    assert.equal((await provider.terminate(call(), connectionId)).states.lifecycle, 'Terminated');
  });

  it('user data is in no answer, though it is kept for the VM', async () => {
    const vms = [sampleVm({ userData: 'TOPSECRET' })];
    const context = call();
    const held = await reserve({ vms }, context);
    const committed = await provider.commit(call(), held.connectionId);
    const shown = [
      held,
      await reserve({ vms }, context),
      committed,
      await provider.getReservation(call(), held.connectionId),
      await provider.listReservations(call(), { page: { limit: 10 } }),
      await provider.planReservation(call(), request({ segment: { key: 2, encapsulation: 'gre' }, vms })),
      await iris.sql('SELECT answer FROM request'),
    ];
    for (const answer of shown) assert.ok(!JSON.stringify(answer).includes('TOPSECRET'));
    assert.equal((await reservationOf(iris, held.connectionId)).committed!.placed.vms[0]!.userData, 'TOPSECRET');
  });

  it('autoProvision provisions with the commit, terminateOnRelease ends with the release', async () => {
    const both = request({}, { autoProvision: true, terminateOnRelease: true });
    const { connectionId } = await provider.reserve(call(), both);
    assert.equal((await provider.commit(call(), connectionId)).states.provision, 'Provisioning');
    const released = await provider.release(call(), connectionId);
    assert.equal(released.states.lifecycle, 'Terminated', 'no engine has built anything of it');
  });

  it('before its start a reservation is provisioned at once, with the data plane inactive', async () => {
    const start = new Date(Date.now() + 3_600_000);
    const { connectionId } = await reserve({ schedule: { start } });
    await provider.commit(call(), connectionId);
    const { states } = await provider.provision(call(), connectionId);
    assert.deepEqual([states.provision, states.dataPlane.active], ['Provisioned', false]);
    const [work] = await iris.sql<{ run_at: Date }>(`SELECT run_at FROM due_work WHERE kind = 'reconcile'`);
    assert.deepEqual(work!.run_at, start);
  });

  it('planReservation tells placement, domains and network, and holds nothing', async () => {
    const before = await snapshot(iris);
    const plan = await provider.planReservation(call(), request({ externalPorts: [{ name: 'lan1', vlans: [0] }] }));
    assert.equal(await snapshot(iris), before);
    assert.deepEqual(
      plan.placement.map(({ vm }) => vm),
      ['vm-1', 'vm-2'],
    );
    assert.equal(plan.domains.length, 2);
    assert.ok(plan.network.some(({ node, flows }) => node === 'gw' && flows.length > 0));
    await reserve();
    assert.equal((await refusalOf(provider.planReservation(call(), request()))).kind.id, '00704');
  });

  it('getSite tells what the site offers, and not how it is reached', async () => {
    iris.compute.controls.disconnect('n2');
    const view = await provider.getSite(call());
    assert.deepEqual(
      view.nodes.map(({ node, gateway, accelerator }) => [node, gateway, accelerator]),
      [
        ['gw', true, undefined],
        ['n1', false, 'tcg'],
        ['n2', false, undefined],
        ['n3', false, 'tcg'],
      ],
    );
    assert.deepEqual(view.images, ['small']);
    assert.ok(!JSON.stringify(view).includes('fake:'));
  });
});

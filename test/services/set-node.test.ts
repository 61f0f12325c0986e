/** cordon, uncordon and drain, as an operator asks for them, and what tenants see of it. */
import assert from 'node:assert/strict';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import type { NodeAction, Provider } from '../../src/domain/ports/provider.js';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import type { Criteria } from '../../src/domain/vi/criteria.js';
import { sampleCriteria, sampleSite, sampleVm } from '../support/domain-samples.js';
import {
  becomes,
  call,
  isActive,
  openSite,
  operator,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
  snapshot,
} from './site-under-test.js';

describe('nodes change', () => {
  let iris: SiteUnderTest;
  let provider: Provider;
  let key = 0;
  beforeEach(async () => {
    iris = await openSite();
    provider = iris.provider;
  });
  afterEach(() => iris.close());

  const set = (node: string, action: NodeAction) => provider.setNode(operator(), node, action);
  const wanted = (changes: Partial<Criteria>): Partial<Criteria> => ({
    segment: { key: ++key, encapsulation: 'gre' },
    ...changes,
  });
  async function commit(changes: Partial<Criteria>): Promise<Reservation> {
    const { connectionId } = await provider.reserve(call(), request(wanted(changes)));
    return provider.commit(call(), connectionId);
  }
  const nodesOf = ({ committed, held }: Reservation): string[] => (held ?? committed)!.placed.vms.map((vm) => vm.node);
  const inAnHour = () => ({ start: new Date(Date.now() + 3_600_000) });
  const large = [sampleVm({ cpus: 8 })];

  it('nothing new is placed on a cordoned node; held and committed stay', async () => {
    const first = await commit({ vms: large });
    const [node] = nodesOf(first);
    const state = await set(node!, 'cordon');
    assert.equal(state.cordon?.by, 'root');
    assert.deepEqual(
      state.holders.map(({ connectionId, cpus }) => [connectionId, cpus]),
      [[first.connectionId, 8]],
    );
    const { connectionId } = await provider.reserve(
      call(),
      request(wanted({ vms: [sampleVm({ cpus: 8, count: 2 })] })),
    );
    assert.ok(!nodesOf(await reservationOf(iris, connectionId)).includes(node!));
    await provider.terminate(call(), first.connectionId);
    const refusal = await refusalOf(provider.reserve(call(), request(wanted({ vms: large }))));
    assert.deepEqual([refusal.kind.id, refusal.variables.free], ['00705', '0']);
    await set(node!, 'uncordon');
    assert.deepEqual(nodesOf(await provider.reserve(call(), request(wanted({ vms: large })))), [node]);
  });

  it('getSite and getAvailability tell of it', async () => {
    await set('n2', 'cordon');
    const { nodes } = await provider.getSite(call());
    assert.deepEqual(
      nodes.map(({ node, cordoned }) => [node, cordoned]),
      [
        ['gw', false],
        ['n1', false],
        ['n2', true],
        ['n3', false],
      ],
    );
    const free = await provider.getAvailability(call(), undefined, undefined);
    assert.deepEqual(
      free.nodes.map((node) => [node.node, node.free.cpus, node.total.cpus]),
      [
        ['n1', 8, 8],
        ['n2', 0, 8],
        ['n3', 8, 8],
      ],
    );
  });

  it('what has been built may grow where it stands, on a cordoned node too, and adds VMs elsewhere', async () => {
    await iris.startEngine();
    const first = await commit({ vms: [sampleVm()] });
    await provider.provision(call(), first.connectionId);
    await becomes(iris, first.connectionId, 'is up', isActive);
    const [node] = nodesOf(first);
    await set(node!, 'cordon');
    const criteria = { ...first.committed!.criteria, vms: [sampleVm({ count: 2, cpus: 4 })] };
    const modified = await provider.modify(call(), { connectionId: first.connectionId, criteria });
    const [stays, added] = nodesOf(modified);
    assert.equal(stays, node);
    assert.notEqual(added, node);
  });

  it('drain places elsewhere what was never built, keeps its id, and names what stays', async () => {
    await iris.startEngine();
    for (const other of ['n2', 'n3']) await set(other, 'cordon');
    const built = await commit({ vms: [sampleVm()] });
    await provider.provision(call(), built.connectionId);
    await becomes(iris, built.connectionId, 'is up', isActive);
    const advance = await commit({ schedule: inAnHour(), vms: [sampleVm({ count: 2, nics: [{}] })] });
    const held = await provider.reserve(call(), request(wanted({ schedule: inAnHour(), vms: [sampleVm()] })));
    await set('n2', 'uncordon');

    const state = await set('n1', 'drain');
    assert.deepEqual(state.moved, [advance.connectionId]);
    assert.deepEqual(
      new Map(state.holders.map((holder) => [holder.connectionId, holder.built])),
      new Map([
        [built.connectionId, true],
        [held.connectionId, false],
      ]),
    );
    const moved = await reservationOf(iris, advance.connectionId);
    assert.deepEqual([moved.committed!.version, nodesOf(moved)], [2, ['n2', 'n2']]);
    assert.deepEqual(moved.committed!.start, advance.committed!.start);
    assert.deepEqual(
      moved.committed!.placed.vms.map(({ name, nics }) => [name, nics]),
      advance.committed!.placed.vms.map(({ name, nics }) => [name, nics]),
    );
    assert.equal(moved.states.reservation, 'ReserveStart');
    const history = await iris.store.history(advance.connectionId);
    assert.deepEqual(
      history.filter(({ reason }) => reason === 'node n1 is drained').map(({ from, to, by }) => `${from} ${to} ${by}`),
      [
        'ReserveStart ReserveChecking root',
        'ReserveChecking ReserveHeld engine',
        'ReserveHeld ReserveCommitting root',
        'ReserveCommitting ReserveStart engine',
      ],
    );
    assert.deepEqual(
      await iris.sql('SELECT version FROM node_allocation WHERE connection_id = $1', [moved.connectionId]),
      [{ version: 2 }],
    );
    assert.deepEqual(
      await iris.sql("SELECT kind FROM due_work WHERE connection_id = $1 AND kind = 'holdTimeout'", [
        moved.connectionId,
      ]),
      [],
    );
    const standing = await reservationOf(iris, built.connectionId);
    assert.deepEqual([isActive(standing), standing.committed!.version, nodesOf(standing)], [true, 1, ['n1']]);
  });

  it('what has the greatest version there is stays, and keeps nobody else from leaving', async () => {
    for (const other of ['n2', 'n3']) await set(other, 'cordon');
    const last = await commit({ schedule: inAnHour(), vms: [sampleVm()] });
    const { connectionId } = last;
    await provider.modify(call(), { connectionId, version: 0x7fffffff, criteria: last.committed!.criteria });
    await provider.commit(call(), connectionId);
    const other = await commit({ schedule: inAnHour(), vms: [sampleVm()] });
    await set('n2', 'uncordon');
    const state = await set('n1', 'drain');
    assert.deepEqual(
      [state.moved, state.holders.map((holder) => holder.connectionId)],
      [[other.connectionId], [connectionId]],
    );
  });

  it('what finds no room elsewhere is left exactly as it was', async () => {
    for (const other of ['n2', 'n3']) await set(other, 'cordon');
    const advance = await commit({ schedule: inAnHour() });
    await set('n1', 'cordon');
    const before = await snapshot(iris);
    const state = await set('n1', 'drain');
    assert.deepEqual(
      [state.moved, state.holders.map(({ connectionId }) => connectionId)],
      [[], [advance.connectionId]],
    );
    assert.equal(await snapshot(iris), before);
  });

  it('only an operator may, and only with a node that runs VMs', async () => {
    const before = await snapshot(iris);
    for (const action of ['cordon', 'uncordon', 'drain'] as const) {
      assert.equal((await refusalOf(provider.setNode(call(), 'n1', action))).kind.id, '00302');
      for (const node of ['gw', 'n9', '', "n1'; DROP TABLE node"]) {
        const refusal = await refusalOf(set(node, action));
        assert.deepEqual([refusal.kind.id, refusal.variables.node], ['00102', node]);
      }
    }
    assert.equal(await snapshot(iris), before);
  });

  it('of a cordon and many reservations at once nothing ends up on the node that it did not find there', async () => {
    const asked = Array.from({ length: 12 }, () =>
      provider.reserve(call(), request({ ...sampleCriteria(wanted({ vms: [sampleVm({ cpus: 1 })] })) })),
    );
    const [{ holders }] = await Promise.all([set('n1', 'cordon'), ...asked]);
    const found = new Set(holders.map(({ connectionId }) => connectionId));
    const after = await iris.store.listNodeHolders('n1');
    assert.deepEqual(
      after.filter(({ connectionId }) => !found.has(connectionId)),
      [],
    );
  });

  it('the daemon does not start with a node below what is promised, and says by whom it is held', async () => {
    const held = await commit({ vms: [sampleVm({ cpus: 6 })] });
    const [node] = nodesOf(held);
    const keepsMore = sampleSite();
    keepsMore.nodes.find(({ name }) => name === node)!.compute!.reserve.cpus = 3;
    const before = await snapshot(iris);
    await assert.rejects(iris.startEngine({ site: keepsMore }), (error) => {
      assert.ok(error instanceof IrisError);
      assert.deepEqual({ ...error.variables }, { node, heldBy: held.connectionId });
      assert.match(error.what, new RegExp(`${node} cannot have 5 cpus: 6 are promised; held by ${held.connectionId}`));
      return true;
    });
    assert.equal(await snapshot(iris), before);
  });

  it('an overcommitted node is promised as often as it says, and not once more', async () => {
    await iris.close();
    const site = sampleSite();
    site.nodes.find(({ name }) => name === 'n1')!.compute!.overcommit.cpus = 2;
    iris = await openSite(site);
    provider = iris.provider;
    for (const other of ['n2', 'n3']) await set(other, 'cordon');
    await commit({ vms: [sampleVm({ count: 2, cpus: 8, memoryMiB: 64 })] });
    const refusal = await refusalOf(provider.reserve(call(), request(wanted({ vms: [sampleVm({ cpus: 1 })] }))));
    assert.equal(refusal.kind.id, '00705');
  });
});

/** VMs that do not start: placed elsewhere before their first boot and where the request allows it, visible otherwise, and removed everywhere. */
import assert from 'node:assert/strict';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import type { Engine } from '../../src/services/engine.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import {
  becomes,
  call,
  domainsOn,
  isActive,
  openSite,
  request,
  reservationOf,
  type SiteUnderTest,
  visOnSwitches,
} from './site-under-test.js';

const reservations = { resyncSeconds: 3_600, watchSeconds: 0.1, moveSeconds: 0.3 };
const nodes = ['n1', 'n2', 'n3'];

describe('VMs that do not start', function () {
  this.timeout(60_000);
  let iris: SiteUnderTest;
  let engine: Engine;
  beforeEach(async () => {
    iris = await openSite(sampleSite({ reservations }));
    engine = await iris.startEngine();
  });
  afterEach(() => iris.close());

  async function commit(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await iris.provider.reserve(call(), request(...args));
    return iris.provider.commit(call(), connectionId);
  }
  const provision = ({ connectionId }: Reservation) => iris.provider.provision(call(), connectionId);
  const becomesActive = ({ connectionId }: Reservation) => becomes(iris, connectionId, 'is active', isActive);
  const nodeOf = ({ committed }: Reservation, name: string): string =>
    committed!.placed.vms.find((vm) => vm.name === name)!.node;
  const isRefusedForGood = ({ errorEvent }: Reservation): boolean => errorEvent?.permanent === true;

  async function endsWithNothing({ connectionId }: Reservation): Promise<void> {
    await iris.provider.terminate(call(), connectionId);
    await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
    assert.deepEqual([await domainsOn(iris), await visOnSwitches(iris)], [[], []]);
    assert.deepEqual((await Promise.all(nodes.map((node) => iris.compute.observeDisks(node)))).flat(), []);
    for (const table of ['node_allocation', 'segment_allocation', 'mac_allocation'])
      assert.deepEqual(await iris.sql(`SELECT * FROM ${table}`), [], table);
  }

  it('one that its node refuses is placed elsewhere; the others stay, and nothing is left behind', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'good' }), sampleVm({ name: 'bad' })] });
    const [good, bad] = [nodeOf(planned, 'good'), nodeOf(planned, 'bad')];
    iris.compute.controls.refuse(bad, 'bad');
    await provision(planned);
    const active = await becomesActive(planned);
    assert.equal(nodeOf(active, 'good'), good);
    assert.notEqual(nodeOf(active, 'bad'), bad);
    assert.equal(active.errorEvent, undefined);
    assert.deepEqual(
      active.committed!.placed.vms.map(({ nics }) => nics),
      planned.committed!.placed.vms.map(({ nics }) => nics),
    );
    await eventually('nothing is left on the node that refused it', async () =>
      (await iris.compute.observe(bad)).every(({ vmName }) => vmName !== 'bad'),
    );
    const history = await iris.store.history(active.connectionId);
    assert.ok(history.some(({ reason }) => reason === `VM 'bad' does not start on ${bad}`));
    await endsWithNothing(active);
  });

  it('a node that does not answer is left; when it is back, what is left on it is removed', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'one' })] });
    const dead = nodeOf(planned, 'one');
    // It is defined there, and its node goes before it runs.
    const ensure = iris.compute.ensure;
    iris.compute.ensure = async (asked) => {
      if (asked.vm.node !== dead) return ensure(asked);
      await ensure(asked).catch(() => {});
      iris.compute.controls.disconnect(dead);
      return ensure(asked);
    };
    await provision(planned);
    const active = await becomesActive(planned);
    assert.notEqual(nodeOf(active, 'one'), dead);
    await becomes(iris, active.connectionId, 'says what is left', ({ errorEvent }) => errorEvent?.node === dead);
    assert.equal((await reservationOf(iris, active.connectionId)).errorEvent!.event, 'deactivateFailed');
    iris.compute.ensure = ensure;
    iris.compute.controls.reconnect(dead);
    const clean = await becomes(iris, active.connectionId, 'is clean', ({ errorEvent }) => errorEvent === undefined);
    assert.ok(isActive(clean));
    assert.deepEqual(await iris.compute.observe(dead), []);
    assert.equal((await iris.sql('SELECT DISTINCT version FROM node_allocation')).length, 1);
    await endsWithNothing(clean);
  });

  it('those that must stand apart still do', async () => {
    const vms = [sampleVm({ name: 'a', antiAffinity: 'x' }), sampleVm({ name: 'b', antiAffinity: 'x' })];
    const planned = await commit({ vms });
    const [a, b] = [nodeOf(planned, 'a'), nodeOf(planned, 'b')];
    iris.compute.controls.refuse(a, 'a');
    await provision(planned);
    const active = await becomesActive(planned);
    assert.deepEqual([nodeOf(active, 'a'), nodeOf(active, 'b')], [nodes.find((n) => n !== a && n !== b), b]);
  });

  it('one that no node starts is refused for good, and says so; terminate leaves nothing', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'bad' })] });
    for (const node of nodes) iris.compute.controls.refuse(node, 'bad');
    await provision(planned);
    const failed = await becomes(iris, planned.connectionId, 'is refused for good', isRefusedForGood);
    assert.deepEqual([failed.errorEvent!.event, failed.states.dataPlane.active], ['activateFailed', false]);
    assert.match(failed.errorEvent!.text, /did not start/);
    assert.equal(failed.errorEvent!.unbooted![0]!.left.length, 2);
    await endsWithNothing(failed);
  });

  it('what was refused for good stays so when another process begins to count', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'bad' })] });
    for (const node of nodes) iris.compute.controls.refuse(node, 'bad');
    await provision(planned);
    const { errorEvent } = await becomes(iris, planned.connectionId, 'is refused for good', isRefusedForGood);
    let attempts = 0;
    const ensure: typeof iris.compute.ensure = async (asked) => {
      attempts += 1;
      return iris.compute.ensure(asked);
    };
    await engine.stop();
    await iris.startEngine({ compute: { ...iris.compute, ensure } });
    await eventually('it was tried again, twice, and settled in between', async () => {
      const now = await reservationOf(iris, planned.connectionId);
      assert.deepEqual([now.errorEvent?.permanent, now.errorEvent?.at], [true, errorEvent!.at]);
      return attempts >= 2;
    });
    await endsWithNothing(planned);
  });

  it('one that has run is never placed elsewhere', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'old' })] });
    await provision(planned);
    const active = await becomesActive(planned);
    const node = nodeOf(active, 'old');
    const [domain] = await iris.compute.observe(node);
    iris.compute.controls.refuse(node, 'old');
    iris.compute.controls.destroy(node, domain!.domainName);
    const failed = await becomes(iris, active.connectionId, 'is refused for good', isRefusedForGood);
    assert.deepEqual([nodeOf(failed, 'old'), failed.committed!.version], [node, 1]);
    assert.equal(failed.errorEvent!.unbooted, undefined);
    iris.compute.controls.allow(node, 'old');
    await iris.provider.release(call(), active.connectionId);
    await becomes(iris, active.connectionId, 'is released', ({ states }) => states.provision === 'Released');
    await provision(active);
    assert.equal(nodeOf(await becomesActive(active), 'old'), node);
  });

  it('a VM that a growing VI adds may still be placed elsewhere; those that run are not touched', async () => {
    const planned = await commit({ vms: [sampleVm({ name: 'old' })] });
    await provision(planned);
    const { connectionId, committed } = await becomesActive(planned);
    const grown = { ...committed!.criteria, vms: [sampleVm({ name: 'old' }), sampleVm({ name: 'new' })] };
    const held = await iris.provider.modify(call(), { connectionId, criteria: grown });
    const refusing = held.held!.placed.vms.find(({ name }) => name === 'new')!.node;
    iris.compute.controls.refuse(refusing, 'new');
    await iris.provider.commit(call(), connectionId);
    const active = await becomes(
      iris,
      connectionId,
      'is active in its newest version',
      ({ states }) => states.dataPlane.active && states.dataPlane.version === 3,
    );
    assert.equal(nodeOf(active, 'old'), committed!.placed.vms[0]!.node);
    assert.notEqual(nodeOf(active, 'new'), refusing);
  });

  it('where there is no room elsewhere it stays, and starts when its node lets it', async () => {
    const full = await commit({ vms: [sampleVm({ name: 'full', cpus: 8, count: 2, antiAffinity: 'x' })] });
    const planned = await commit({ vms: [sampleVm({ name: 'one' })], segment: { key: 2, encapsulation: 'gre' } });
    const node = nodeOf(planned, 'one');
    iris.compute.controls.refuse(node, 'one');
    await provision(planned);
    const failed = await becomes(iris, planned.connectionId, 'is refused for good', isRefusedForGood);
    assert.deepEqual([nodeOf(failed, 'one'), failed.committed!.version], [node, 1]);
    iris.compute.controls.allow(node, 'one');
    await iris.provider.release(call(), planned.connectionId);
    await becomes(iris, planned.connectionId, 'is released', ({ states }) => states.provision === 'Released');
    await provision(planned);
    await becomesActive(planned);
    await endsWithNothing(planned).catch(() => {});
    assert.equal((await reservationOf(iris, full.connectionId)).states.lifecycle, 'Created');
  });
});

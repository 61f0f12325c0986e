/** What came due while nobody worked happens when somebody does, as if time had done it in order. */
import assert from 'node:assert/strict';
import { DriverError } from '../../src/domain/errors/driver-error.js';
import { sampleVm } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import { becomes, call, domainsOn, isActive, openSite, request, type SiteUnderTest } from './site-under-test.js';

describe('what has passed its end', () => {
  it('and could not be removed at once is tried again until nothing is set aside for it', async () => {
    const iris = await openSite();
    try {
      let refusals = 0;
      const remove: typeof iris.compute.remove = async (node, owner, vmName, disk) => {
        if (disk === 'erase' && refusals++ === 0) throw new DriverError('permanent', node, 'will not');
        return iris.compute.remove(node, owner, vmName, disk);
      };
      await iris.startEngine({ compute: { ...iris.compute, remove } });
      const { connectionId } = await iris.provider.reserve(call(), request({ vms: [sampleVm()] }));
      await iris.provider.commit(call(), connectionId);
      await iris.provider.provision(call(), connectionId);
      await becomes(iris, connectionId, 'is active', isActive);
      await iris.provider.release(call(), connectionId);
      await becomes(iris, connectionId, 'is released', ({ states }) => states.provision === 'Released');
      await iris.sql('UPDATE reservation_version SET period = tstzrange(lower(period), now())');
      await iris.store.transaction((t) => t.scheduleWork([{ kind: 'endTime', connectionId, runAt: new Date(0) }]));
      await eventually('nothing is set aside', async () =>
        (await iris.sql('SELECT FROM node_allocation')).length === 0 ? true : undefined,
      );
      assert.ok(refusals > 1);
    } finally {
      await iris.close();
    }
  });
});

describe('after an outage', () => {
  let iris: SiteUnderTest;
  beforeEach(async () => {
    iris = await openSite();
  });
  afterEach(() => iris.close());

  it('what was to start is built, what was to end has ended, what was never committed is free: all at once, in order', async () => {
    const now = Date.now();
    const inHours = (hours: number) => new Date(now + hours * 3_600_000);
    const of = (key: number, schedule: { start?: Date; end?: Date }) =>
      request({ schedule, segment: { key, encapsulation: 'gre' }, vms: [sampleVm()] }, { autoProvision: true });
    const passed = await iris.provider.reserve(call(), of(2, { start: inHours(1), end: inHours(2) }));
    await iris.provider.commit(call(), passed.connectionId);
    const held = await iris.provider.reserve(call(), of(3, { start: inHours(1), end: inHours(2) }));
    const begun = await iris.provider.reserve(call(), of(1, { start: inHours(1) }));
    await iris.provider.commit(call(), begun.connectionId);
    // Nobody works until all of it is due but the hold's timeout: three hours pass at once.
    const ago = `- interval '3 hours'`;
    await iris.sql(`UPDATE reservation_version SET period = tstzrange(lower(period) ${ago}, upper(period) ${ago})`);
    await iris.sql(`UPDATE due_work SET run_at = run_at ${ago} WHERE kind <> 'holdTimeout'`);
    await iris.startEngine();

    const over = await becomes(iris, passed.connectionId, 'has passed', ({ states }) => states.lifecycle !== 'Created');
    assert.equal(over.states.lifecycle, 'PassedEndTime');
    await becomes(iris, held.connectionId, 'has passed', ({ states }) => states.lifecycle === 'PassedEndTime');
    await becomes(iris, begun.connectionId, 'is active', isActive);
    assert.equal((await domainsOn(iris)).length, 1);
    const history = await iris.store.history(passed.connectionId);
    assert.ok(!history.some(({ to }) => to === 'active'), 'what is over by then is not built first');
    assert.deepEqual(await iris.sql('SELECT DISTINCT connection_id FROM node_allocation'), [
      { connection_id: begun.connectionId },
    ]);
  });
});

/** What a tenant may have at most, on every path that could give it more; the refusal names the limit. */
import assert from 'node:assert/strict';
import type { Provider, ReserveRequest } from '../../src/domain/ports/provider.js';
import type { CallContext } from '../../src/domain/ports/store.js';
import type { Criteria } from '../../src/domain/vi/criteria.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { call, openSite, operator, refusalOf, request, type SiteUnderTest, snapshot } from './site-under-test.js';

const limits = { vms: 3, cpus: 6, memoryMiB: 4096, durationHours: 2 };

describe('tenant limits', () => {
  let iris: SiteUnderTest;
  let provider: Provider;
  let key = 0;
  beforeEach(async () => {
    iris = await openSite(sampleSite({ tenants: [{ name: 'alpha', limits }, { name: 'beta' }] }));
    provider = iris.provider;
  });
  afterEach(() => iris.close());

  const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);
  const small = sampleVm({ cpus: 1, memoryMiB: 256 });
  const wanted = (changes: Partial<Criteria> = {}): ReserveRequest =>
    request({ segment: { key: ++key, encapsulation: 'gre' }, schedule: { end: hours(1) }, vms: [small], ...changes });

  const paths: Record<string, (context: CallContext, changes: Partial<Criteria>) => Promise<unknown>> = {
    reserve: (context, changes) => provider.reserve(context, { ...wanted(changes), tenant: 'alpha' }),
    plan: (context, changes) => provider.planReservation(context, { ...wanted(changes), tenant: 'alpha' }),
    async modify(context, changes) {
      const own = wanted({ vms: [] });
      const { connectionId } = await provider.reserve(context, { ...own, tenant: 'alpha' });
      await provider.commit(call(context.requester), connectionId);
      return provider.modify(call(context.requester), {
        connectionId,
        criteria: { ...own.criteria, schedule: { end: hours(1) }, vms: [small], ...changes },
      });
    },
  };

  const tooMuch: Record<string, Partial<Criteria>> = {
    vms: { vms: [sampleVm({ ...small, count: 3 })] },
    cpus: { vms: [sampleVm({ ...small, cpus: 6 })] },
    memoryMiB: { vms: [sampleVm({ ...small, memoryMiB: 4096 })] },
  };
  const tooLong: Record<string, Criteria['schedule']> = {
    'a long one': { end: hours(3) },
    'one that begins later and is long': { start: hours(10), end: hours(13) },
    'an open-ended one': {},
    'an open-ended one that begins later': { start: hours(10) },
  };

  for (const [path, ask] of Object.entries(paths)) {
    for (const [name, changes] of Object.entries(tooMuch))
      it(`${path}: ${name} counted together with what the tenant has`, async () => {
        await provider.reserve(call(), wanted());
        const refusal = await refusalOf(ask(call(), changes));
        assert.deepEqual(
          [refusal.kind.id, refusal.variables.limit, refusal.variables.allowed, refusal.variables.tenant],
          ['00600', name, String(limits[name as keyof typeof limits]), 'alpha'],
        );
        assert.match(refusal.what, new RegExp(name));
      });

    for (const [what, schedule] of Object.entries(tooLong))
      it(`${path}: ${what} is refused for its duration`, async () => {
        const refusal = await refusalOf(ask(call(), { schedule }));
        assert.deepEqual([refusal.kind.id, refusal.variables.limit], ['00600', 'durationHours']);
        if (schedule.end === undefined) assert.equal(refusal.variables.asked, 'unlimited');
        assert.ok(!refusal.what.includes('Infinity'));
      });

    it(`${path}: an operator that asks for the tenant is bound by them, too`, async () => {
      const refusal = await refusalOf(ask(operator(), { vms: [sampleVm({ ...small, count: 4 })] }));
      assert.equal(refusal.variables.limit, 'vms');
    });

    it(`${path}: exactly what is allowed is given`, async () => {
      await ask(call(), { schedule: { end: hours(2) }, vms: [sampleVm({ count: 3, cpus: 2, memoryMiB: 1365 })] });
    });
  }

  it('what is over another time does not count, and what was given up counts no more', async () => {
    const all = { vms: [sampleVm({ count: 3, cpus: 2, memoryMiB: 1024 })] };
    const first = await provider.reserve(call(), wanted(all));
    await provider.reserve(call(), wanted({ ...all, schedule: { start: hours(1), end: hours(2) } }));
    const before = await snapshot(iris);
    const refusal = await refusalOf(provider.reserve(call(), wanted()));
    assert.equal(refusal.variables.limit, 'vms');
    assert.equal(await snapshot(iris), before);
    await provider.abort(call(), first.connectionId);
    await provider.reserve(call(), wanted({ schedule: { end: hours(0.5) } }));
  });

  it('of many at once only as many are given as the limit allows', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => provider.reserve(call(), wanted())));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, limits.vms);
  });

  it('bind nobody else', async () => {
    const beta = call({ subject: 'bob', tenant: 'beta' });
    const { held } = await provider.reserve(beta, wanted({ schedule: {}, vms: [sampleVm({ count: 4 })] }));
    assert.equal(held!.placed.vms.length, 4);
  });
});

import assert from 'node:assert/strict';
import { createPlacing, passingOver } from '../../src/services/placing.js';
import { beginReservation, holdPlaced } from '../../src/services/reserve.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { call, openSite, request, type SiteUnderTest } from './site-under-test.js';

describe('reservations that are placed at the same time', () => {
  it('begin with another node each; who is alone with the first', () => {
    const placing = createPlacing();
    const ends: (() => void)[] = [];
    const begin = () => placing.begin({ onEnd: (listener) => void ends.push(listener) });
    assert.deepEqual([begin(), begin()], [0, 1]);
    ends[0]!();
    assert.equal(begin(), 2, 'not one that may be taken still');
    ends[1]!();
    ends[2]!();
    assert.equal(begin(), 0);
    assert.deepEqual(passingOver(['n1', 'n2', 'n3'], 4), ['n2', 'n3', 'n1']);
    assert.deepEqual(passingOver([], 4), []);
  });

  describe('on a database', () => {
    let iris: SiteUnderTest;
    afterEach(() => iris.close());

    it('do not wait for each other while there are equal nodes', async () => {
      iris = await openSite(sampleSite());
      const { context, provider, site, store } = iris;
      const tenant = site.tenants[0]!.name;
      const [first, second] = [1, 2].map((key) =>
        request({ segment: { key, encapsulation: 'gre' }, vms: [sampleVm()] }),
      ) as [ReturnType<typeof request>, ReturnType<typeof request>];
      const nodes = await store.transaction(async (transaction) => {
        const now = await transaction.now();
        const turn = await beginReservation(transaction, call(), first, tenant, now);
        const { connectionId, viNumber } = turn.reservation;
        const placement = { connectionId, viNumber, version: 1, tenant, criteria: first.criteria };
        const mine = await holdPlaced(context, transaction, placement, { start: now }, now);
        // Would wait for ever for the row of a node that this transaction has.
        const other = await provider.reserve(call(), second);
        return [mine, other.held!].map(({ placed }) => placed.vms[0]!.node);
      });
      assert.equal(new Set(nodes).size, 2, nodes.join());
    });
  });
});

/** Identities of requests: served once, answered again, refused with another body. */
import assert from 'node:assert/strict';
import type { RequestIdentity } from '../../src/domain/ports/store.js';
import { cleanUp, hold, storeWithNodes } from './fixtures.js';

const identity: RequestIdentity = {
  requester: 'alice',
  correlationId: 'urn:uuid:1',
  operation: 'reserve',
  digest: 'aa',
};

describe('request identities', () => {
  afterEach(cleanUp);

  it('are fresh once, and then have their answer', async function () {
    const { store } = await storeWithNodes(this);
    const answer = { connectionId: 'c1', nested: [1, null] };
    await store.transaction(async (t) => {
      assert.deepEqual(await t.claimRequest(identity), { outcome: 'fresh' });
      await t.answerRequest(identity, answer);
    });
    assert.deepEqual(await store.transaction((t) => t.claimRequest(identity)), { outcome: 'answered', answer });
  });

  it('do not fit another body or operation, but are each requester’s own', async function () {
    const { store } = await storeWithNodes(this);
    await store.transaction((t) => t.claimRequest(identity));
    const claim = (changes: Partial<RequestIdentity>) =>
      store.transaction((t) => t.claimRequest({ ...identity, ...changes }));
    assert.deepEqual(await claim({ digest: 'bb' }), { outcome: 'mismatch' });
    assert.deepEqual(await claim({ operation: 'commit' }), { outcome: 'mismatch' });
    assert.deepEqual(await claim({ requester: 'bob', digest: 'bb' }), { outcome: 'fresh' });
  });

  it('are free again when the transaction that claimed them fails', async function () {
    const { store } = await storeWithNodes(this);
    await assert.rejects(
      store.transaction(async (t) => {
        await t.claimRequest(identity);
        throw new Error('no');
      }),
    );
    assert.deepEqual(await store.transaction((t) => t.claimRequest(identity)), { outcome: 'fresh' });
  });

  it('that were claimed and never answered are served, once', async function () {
    const { store } = await storeWithNodes(this);
    await store.transaction((t) => t.claimRequest(identity));
    const serve = () =>
      store.transaction(async (t) => {
        const claim = await t.claimRequest(identity);
        if (claim.outcome === 'fresh') await t.answerRequest(identity, { connectionId: 'c1' });
        return claim.outcome;
      });
    assert.deepEqual((await Promise.all([serve(), serve(), serve()])).sort(), ['answered', 'answered', 'fresh']);
    const again = await store.transaction((t) => t.claimRequest(identity));
    assert.deepEqual(again, { outcome: 'answered', answer: { connectionId: 'c1' } });
  });

  it('make one reservation of ten requests that arrive at once', async function () {
    const { store } = await storeWithNodes(this);
    const serve = () =>
      store.transaction(async (t) => {
        const claim = await t.claimRequest(identity);
        if (claim.outcome !== 'fresh') return claim;
        const { connectionId } = await hold(t);
        await t.answerRequest(identity, connectionId);
        return { outcome: 'served', answer: connectionId };
      });
    const outcomes = await Promise.all(Array.from({ length: 10 }, serve));
    const served = outcomes.filter(({ outcome }) => outcome === 'served');
    assert.equal(served.length, 1);
    const answers = new Set(outcomes.map((outcome) => ('answer' in outcome ? outcome.answer : undefined)));
    assert.equal(answers.size, 1);
    assert.equal((await store.listReservations({}, { limit: 10 })).reservations.length, 1);
  });
});

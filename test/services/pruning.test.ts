/** The engine removes by itself what has been kept for long enough. */
import assert from 'node:assert/strict';
import { sampleSite } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import { call, openSite, request, type SiteUnderTest } from './site-under-test.js';

describe('pruning by the engine', () => {
  let iris: SiteUnderTest;
  afterEach(() => iris.close());

  it('takes old history and answers in as many batches as it needs, and leaves what is young or alive', async () => {
    iris = await openSite(sampleSite({ reservations: { historyDays: 10, requestDays: 5 } }));
    const over = await iris.provider.reserve(call(), request());
    await iris.provider.terminate(call(), over.connectionId);
    await iris.provider.reserve(call(), request());
    const insert = `INSERT INTO history (connection_id, at, machine, from_state, to_state, asked_by)
      SELECT $1, now() - interval '11 days', 'reservation', 'a', 'b', 'alice' FROM generate_series(1, 1234)`;
    await iris.sql(insert, [over.connectionId]);
    await iris.sql(`INSERT INTO request (requester, correlation_id, operation, digest, created_at)
      SELECT 'alice', 'urn:' || n, 'reserve', 'd', now() - interval '6 days' FROM generate_series(1, 1234) AS n`);
    const count = async (table: string): Promise<number> =>
      (await iris.sql<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`))[0]!.count;
    await iris.startEngine();
    await eventually('the old is gone', async () => ((await count('request')) === 3 ? true : undefined));
    const history = await iris.store.history(over.connectionId);
    assert.ok(history.length > 0);
    assert.ok(!history.some(({ from }) => from === 'a'));
  });
});

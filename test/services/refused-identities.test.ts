/** Who is turned away is written down, however often, in a bounded number of rows that nobody can change. */
import assert from 'node:assert/strict';
import type { NoteRefusedIdentity } from '../../src/domain/ports/refused-identity.js';
import { silentLog } from '../../src/lib/log.js';
import { createRefusedIdentities } from '../../src/services/refused-identities.js';
import { openSite, type SiteUnderTest } from './site-under-test.js';

type Refused = Parameters<NoteRefusedIdentity>[0];
interface Row {
  times: number;
  error_id: string;
  requester_nsa: string | null;
  certificate: string | null;
  correlation_id: string | null;
  what: string;
}

describe('refused identities', () => {
  let iris: SiteUnderTest;
  beforeEach(async () => {
    iris = await openSite();
  });
  afterEach(() => iris.close());

  const open = (store: Parameters<typeof createRefusedIdentities>[0] = iris.store) =>
    createRefusedIdentities(store, { now: () => new Date() }, silentLog);
  const rows = (): Promise<Row[]> => iris.sql('SELECT * FROM refused_identities ORDER BY id');
  const refused = (requesterNSA: string, changes: Partial<Refused> = {}): Refused => ({
    ...{ errorId: '00302', path: '/nsi/provider', operation: 'reserve', address: '192.0.2.9' },
    ...{ certificate: 'CN=red', requesterNSA, what: 'no', ...changes },
  });

  it('are told with who, from where, and why, in the order in which they came', async () => {
    const record = open();
    record.note(refused('urn:a', { correlationId: 'urn:uuid:1' }));
    record.note(refused('urn:b', { errorId: '00301', certificate: undefined }));
    await record.close();
    const [first, second, ...others] = await rows();
    assert.deepEqual(others, []);
    const { requester_nsa, certificate, correlation_id, times, error_id, what } = first!;
    assert.deepEqual(
      { requester_nsa, certificate, correlation_id, times, error_id, what },
      {
        ...{ requester_nsa: 'urn:a', certificate: 'CN=red', correlation_id: 'urn:uuid:1' },
        ...{ times: 1, error_id: '00302', what: 'no' },
      },
    );
    assert.deepEqual([second!.requester_nsa, second!.error_id, second!.certificate], ['urn:b', '00301', null]);
  });

  it('that come again and again are one row, and one more with how often', async () => {
    const record = open();
    for (let count = 0; count < 1000; count += 1) record.note(refused('urn:a', { correlationId: `urn:uuid:${count}` }));
    await record.close();
    assert.deepEqual(
      (await rows()).map(({ times, correlation_id }) => [times, correlation_id]),
      [
        [1, 'urn:uuid:0'],
        [999, 'urn:uuid:1'],
      ],
    );
  });

  it('of a flood under ever other names are few rows, and none is uncounted', async () => {
    const record = open();
    for (let count = 0; count < 5000; count += 1) record.note(refused(`urn:${count}`));
    await record.close();
    const all = await rows();
    assert(all.length < 110, `${all.length} rows`);
    assert.equal(
      all.reduce((sum, { times }) => sum + times, 0),
      5000,
    );
    assert.deepEqual(
      all
        .filter(({ requester_nsa }) => requester_nsa === null)
        .map(({ times, certificate }) => [times > 0, certificate]),
      [
        [true, null],
        [true, null],
      ],
    );
  });

  it('have texts that end, whatever was sent', async () => {
    const record = open();
    record.note(refused(`urn:\u0000${'x'.repeat(10_000)}`, { what: 'y'.repeat(10_000) }));
    await record.close();
    const [row] = await rows();
    assert.deepEqual([row!.requester_nsa?.length, row!.what.length], [1024, 1024]);
  });

  it('that end within a character are written, and what is beside them', async () => {
    const record = open();
    for (let count = 0; count < 3; count += 1) {
      record.note(refused('urn:a'));
      record.note(refused('urn:b', { what: `${'y'.repeat(1023)}😀` }));
    }
    await record.close();
    assert.deepEqual(
      (await rows()).map(({ requester_nsa, times, what }) => [requester_nsa, times, what.at(-1)]),
      [
        ['urn:a', 1, 'o'],
        ['urn:b', 1, '\ufffd'],
        ['urn:a', 2, 'o'],
        ['urn:b', 2, '\ufffd'],
      ],
    );
  });

  it('cannot be changed or taken away but by time and number', async () => {
    const record = open();
    for (const nsa of ['urn:a', 'urn:b', 'urn:c']) record.note(refused(nsa));
    await record.close();
    for (const sql of [
      "UPDATE refused_identity SET what = 'nothing'",
      'DELETE FROM refused_identity',
      'TRUNCATE refused_identity',
      "SELECT set_config('iris.pruning', 'on', false); UPDATE refused_identity SET what = 'nothing'",
    ])
      await assert.rejects(iris.sql(sql), { code: 'IR100' }, sql);
    assert.equal(await iris.store.pruneRefusedIdentities(1, 100), 0);
    assert.equal((await rows()).length, 3);
    const pruned = await iris.sql("SELECT prune_refused_identities('-infinity', 1, 100)::int AS pruned");
    assert.deepEqual(pruned, [{ pruned: 2 }]);
    assert.deepEqual(
      (await rows()).map(({ requester_nsa }) => requester_nsa),
      ['urn:c'],
    );
    assert.equal(await iris.store.pruneRefusedIdentities(0, 100), 1);
    assert.deepEqual(await rows(), []);
  });

  it('are nobody’s concern where the database is not there', async () => {
    const record = open({ recordRefusedIdentities: () => Promise.reject(new Error('gone')) });
    record.note(refused('urn:a'));
    await record.close();
    assert.deepEqual(await rows(), []);
  });
});

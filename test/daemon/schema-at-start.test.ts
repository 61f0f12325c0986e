/** Several daemons that boot at once on a database that has nothing yet, and one that is older than the schema. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../src/store/schema.js';
import { type RunningSite, runIris, startSite, writeSiteFile } from '../cli/running-site.js';
import { withSessions } from '../support/bypass.js';
import { emptyDatabase, testDatabase } from '../support/postgres.js';

const change = { site: 'fake', gateway: '198.51.100.1', peer: 'elsewhere', peerGateway: '198.51.100.2' };

describe('the schema when a daemon starts', function () {
  this.timeout(120_000);
  let folder: string;
  const sites: RunningSite[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-test-schema-'));
  });
  afterEach(async () => {
    await Promise.all(sites.splice(0).map((site) => site.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  it('is made once by several that boot at once on one database, and all of them serve', async () => {
    const url = await emptyDatabase();
    const booting = ['one', 'two', 'three'].map((name) => startSite(join(folder, name), change, { DATABASE_URL: url }));
    for (const booted of await Promise.allSettled(booting)) if (booted.status === 'fulfilled') sites.push(booted.value);
    await Promise.all(booting);
    await withSessions(url, 1, async ([session]) => {
      const { rows } = await session!.query('SELECT name FROM schema_migration');
      assert.equal(rows.length, migrations.length);
      const instances = await session!.query('SELECT * FROM site_instance');
      assert.equal(instances.rows.length, 1);
    });
  });

  for (const args of [[], ['--no-migrate']])
    it(`is refused by an older one, which says so and ends${args.map((arg) => `, with ${arg}`)}`, async () => {
      const url = await testDatabase();
      await withSessions(url, 1, ([session]) =>
        session!.query(
          "INSERT INTO schema_migration (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')",
        ),
      );
      const siteFile = await writeSiteFile(join(folder, 'site'), change);
      const { code, stdout, stderr } = await runIris(['serve', '--config', siteFile, ...args], { DATABASE_URL: url });
      assert.equal(code, 5, stderr);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /database postgres\S+: the database's schema is newer than this version of Iris \(it has FromTheFuture9999999999999\): run the newer version/,
      );
    });
});

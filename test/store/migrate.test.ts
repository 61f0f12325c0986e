/** Migrations: by several processes at once, never by one that is older than the schema. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/lib/log.js';
import { ensureDatabase } from '../../src/lib/postgres/databases.js';
import { runCommand } from '../../src/lib/run-command.js';
import { createStore } from '../../src/store/create-store.js';
import { migrate } from '../../src/store/migrate.js';
import { migrations } from '../../src/store/schema.js';
import { withSessions } from '../support/bypass.js';
import { emptyDatabase, testDatabase } from '../support/postgres.js';

const migrateOnce = fileURLToPath(new URL('./migrate-once.js', import.meta.url));

describe('migrate', () => {
  it('applies each migration once, by however many processes at once', async function () {
    this.timeout(90_000);
    const url = await emptyDatabase();
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => runCommand(process.execPath, [migrateOnce, url], { timeoutMs: 80_000 })),
    );
    const counts = runs.map(({ stdout }) => Number(stdout)).sort();
    assert.deepEqual(counts, [0, 0, 0, 0, 0, migrations.length]);
    const store = await createStore({ url, log: silentLog });
    assert.equal((await store.ping()).ok, true);
    await store.close();
  });

  it('changes nothing the second time', async () => {
    assert.deepEqual(await migrate(await testDatabase(), silentLog), []);
  });

  it('leaves a database of an older version as it is for who only looks', async () => {
    const empty = await emptyDatabase();
    assert.equal((await migrate(empty, silentLog, { onlyEmpty: true })).length, migrations.length);
    await withSessions(empty, 1, ([session]) =>
      session!.query('DELETE FROM schema_migration WHERE id = (SELECT max(id) FROM schema_migration)'),
    );
    assert.deepEqual(await migrate(empty, silentLog, { onlyEmpty: true }), []);
    await assert.rejects(createStore({ url: empty, log: silentLog }), /the database lacks .*iris migrate/);
  });

  it('refuses a schema that is newer, and so does the store', async () => {
    const url = await testDatabase();
    await withSessions(url, 1, ([session]) =>
      session!.query(
        "INSERT INTO schema_migration (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')",
      ),
    );
    await assert.rejects(
      migrate(url, silentLog),
      /newer than this version of Iris \(it has FromTheFuture9999999999999\)/,
    );
    await assert.rejects(createStore({ url, log: silentLog }), /newer than this version/);
  });

  it('is asked for by a store on a database that lacks it', async () => {
    const url = await emptyDatabase();
    await assert.rejects(createStore({ url, log: silentLog }), /run `iris migrate` first/);
  });

  it('says what to ask an administrator for when it may not create the extension', async () => {
    const url = await emptyDatabase();
    const name = new URL(url).pathname.slice(1);
    const role = `plain_${name}`;
    await withSessions(url, 1, ([session]) =>
      session!.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'; GRANT CREATE, USAGE ON SCHEMA public TO ${role}`),
    );
    const plain = new URL(url);
    plain.username = role;
    plain.password = 'plain';
    await assert.rejects(migrate(plain.toString(), silentLog), /let an administrator run CREATE EXTENSION btree_gist/);
  });

  it('works for a role that owns its database and nothing else', async () => {
    const adminUrl = await emptyDatabase();
    const role = `owner_${new URL(adminUrl).pathname.slice(1)}`;
    await withSessions(adminUrl, 1, async ([session]) => {
      await session!.query(`CREATE ROLE ${role} LOGIN PASSWORD 'owner'`);
      await session!.query(`ALTER DATABASE ${new URL(adminUrl).pathname.slice(1)} OWNER TO ${role}`);
    });
    const owner = new URL(adminUrl);
    owner.username = role;
    owner.password = 'owner';
    assert.equal((await migrate(owner.toString(), silentLog)).length, migrations.length);
    const store = await createStore({ url: owner.toString(), log: silentLog });
    await store.syncNodes([{ node: 'n1', cpus: 1, memoryMiB: 1, diskGiB: 1 }]);
    await store.close();
  });
});

describe('ensureDatabase', () => {
  it('makes a database once, also when several ask at the same moment', async () => {
    const adminUrl = await emptyDatabase();
    const name = `site-${new URL(adminUrl).pathname.slice(1)}`;
    const urls = await Promise.all([1, 2, 3].map(() => ensureDatabase(adminUrl, name)));
    assert.equal(new Set(urls).size, 1);
    const { rows } = await withSessions(urls[0]!, 1, ([session]) =>
      session!.query('SELECT current_database() AS name'),
    );
    assert.equal(rows[0].name, name);
  });
});

/**
 * A backup as an operator makes it: pg_dump of a site that serves, pg_restore into a new database, and Iris started on that. Where the programs are
 * not there, or only ones that are older than the server, it is said and not run.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { silentLog } from '../../src/lib/log.js';
import { ensureDatabase } from '../../src/lib/postgres/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { runCommand } from '../../src/lib/run-command.js';
import { migrate } from '../../src/store/migrate.js';
import { decide, withSessions } from '../support/bypass.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { findPgTools, type PgTools } from '../support/pg-tools.js';
import {
  becomes,
  call,
  domainsOn,
  isActive,
  openSite,
  operator,
  request,
  type SiteUnderTest,
} from './site-under-test.js';

describe('a backup by pg_dump', function () {
  this.timeout(120_000);
  let tools: PgTools;
  let folder: string;
  let server: EmbeddedPostgres;
  let iris: SiteUnderTest;

  before(async function () {
    const found = await findPgTools();
    if (found === undefined) {
      console.log(
        '      NOT RUN: no pg_dump and pg_restore with a server of their age (Debian: apt-get install postgresql)',
      );
      return this.skip();
    }
    tools = found;
    folder = await mkdtemp(join(tmpdir(), 'iris-test-pg-dump-'));
    server = await startEmbeddedPostgres({
      directory: join(folder, 'postgres'),
      throwaway: true,
      binaries: tools.server,
    });
  });
  after(async () => {
    await iris?.close();
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function build(key: number): Promise<Reservation> {
    const criteria = { segment: { key, encapsulation: 'gre' as const }, vms: [sampleVm()] };
    const { connectionId } = await iris.provider.reserve(call(), request(criteria, { autoProvision: true }));
    await iris.provider.commit(call(), connectionId);
    return becomes(iris, connectionId, 'is active', isActive);
  }

  it('is whole: restored, it has every row and guard, and Iris touches nothing that stands until it is accepted', async () => {
    const url = await ensureDatabase(server.url, 'iris');
    await migrate(url, silentLog);
    iris = await openSite(sampleSite({ reservations: { resyncSeconds: 0.2 } }), { url });
    await iris.startEngine();
    const known = await build(1);
    const dump = join(folder, 'iris.dump');
    await runCommand(tools.pgDump, ['--format=custom', `--file=${dump}`, url]);
    const later = await build(2);
    const standing = (await domainsOn(iris)).sort();
    const { compute, network, site } = iris;
    const history = await iris.store.history(known.connectionId);
    await iris.close();

    const restored = await ensureDatabase(server.url, 'restored');
    await runCommand(tools.pgRestore, ['--exit-on-error', `--dbname=${restored}`, dump]);
    assert.deepEqual(await migrate(restored, silentLog), [], 'the schema came with it');
    iris = await openSite(site, { url: restored, compute, network });
    assert.deepEqual(await iris.store.history(known.connectionId), history);

    const engine = await iris.startEngine({}, { leaseMs: 1_000 });
    assert.match((await engine.health()).restored!.reason, /another database/);
    const { orphans } = await iris.provider.listOrphans(operator());
    assert.deepEqual([...new Set(orphans.map(({ id, state }) => `${id} ${state}`))], [`${later.connectionId} unknown`]);
    assert.deepEqual((await domainsOn(iris)).sort(), standing);
    await iris.provider.resolveOrphan(operator(), later.connectionId, 'adopt');
    await iris.provider.acceptDatabase(operator());
    for (const { connectionId } of [known, later]) await becomes(iris, connectionId, 'is active', isActive);
    assert.deepEqual((await domainsOn(iris)).sort(), standing);
    assert.equal((await engine.health()).ok, true);

    const { node } = known.committed!.placed.vms[0]!;
    await withSessions(restored, 1, async ([session]) => {
      const tooMany = 'UPDATE node_allocation SET cpus = 10000 WHERE connection_id = $1 AND node = $2';
      assert.equal(await decide(session!, 'READ COMMITTED', tooMany, [known.connectionId, node]), 'IR705');
      const rewritten = "UPDATE history SET reason = 'otherwise' WHERE connection_id = $1";
      assert.equal(await decide(session!, 'READ COMMITTED', rewritten, [known.connectionId]), 'IR100');
    });
  });
});

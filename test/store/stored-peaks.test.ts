/** What has been freed costs the next reservation nothing, however much of it there is, and before anything is vacuumed. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import { insertBareReservation, withSessions } from '../support/bypass.js';
import { testDatabase } from '../support/postgres.js';

const stored = 5_000;
const during = '[2030-06-01 10:00+00,2030-06-01 11:00+00)';
/**
 * Of heap and indexes together. The index entries of what has been freed, all of one hour, fill some 50; its rows, which nobody needs to
 * see any more, 60 others.
 */
const fewPages = 80;

async function allocate(session: pg.Client, name: string, period: string): Promise<void> {
  await session.query(`
    INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
    SELECT '${name} ' || md5(i::text), 1, 'n1', 1, 1, 1, 1, ${period}
    FROM generate_series(1, ${stored}) AS i, LATERAL (SELECT timestamptz '2030-01-01' + i * interval '105 minutes') AS t(since)`);
}

/** An hour each over a year, and as many that all had the same hour and have freed it. Autovacuum is kept from clearing away what is to be shown. */
async function storeAndFree(session: pg.Client): Promise<void> {
  await session.query(`INSERT INTO node (node, cpus, memory_mib, disk_gib) VALUES ('n1', 1000, 1000, 1000)`);
  await session.query('ALTER TABLE node_allocation SET (autovacuum_enabled = off)');
  await session.query('SET session_replication_role = replica');
  await allocate(session, 'stored', `tstzrange(since, since + interval '1 hour')`);
  await session.query('VACUUM ANALYZE node_allocation');
  await allocate(session, 'freed', `'${during}'`);
  await session.query(`DELETE FROM node_allocation WHERE connection_id LIKE 'freed%'`);
  await session.query('SET session_replication_role = origin');
}

/** As PostgreSQL counts them; triggers are counted, too. */
async function pagesOfAllocations(session: pg.Client): Promise<number> {
  await session.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await session.query(`
    SELECT (heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)::integer AS pages
    FROM pg_statio_user_tables WHERE relname = 'node_allocation'`);
  return rows[0].pages;
}

async function pagesRead(session: pg.Client, work: () => Promise<unknown>): Promise<number> {
  const before = await pagesOfAllocations(session);
  await work();
  return (await pagesOfAllocations(session)) - before;
}

describe('peaks among what is stored and what has been freed', () => {
  const looks: [what: string, look: (session: pg.Client) => Promise<unknown>][] = [
    ['to find nodes with room', (session) => session.query('SELECT * FROM loaded_nodes($1)', [during])],
    [
      'to guard a node',
      async (session) =>
        session.query(
          `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
           VALUES ($1, 1, 'n1', 1, 1, 1, 1, $2)`,
          [await insertBareReservation(session), during],
        ),
    ],
  ];
  for (const [what, look] of looks)
    it(`read a few pages ${what}`, async function () {
      this.timeout(120_000);
      await withSessions(await testDatabase(), 1, async ([session]) => {
        await storeAndFree(session!);
        // The first look meets what has been freed, and marks it.
        for (let count = 1; count <= 2; count += 1) await look(session!);
        const pages = await pagesRead(session!, () => look(session!));
        assert.ok(pages <= fewPages, `${pages} pages`);
      });
    });
});

/** What is stored for others costs a reservation nothing: its labels are set aside and freed by a few pages, however many there are. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import { insertBareReservation, withSessions } from '../support/bypass.js';
import { testDatabase } from '../support/postgres.js';

const stored = 5_000;
/** Of heap and indexes together; each index on the labels of what is stored has 60 pages or more. */
const fewPages = 30;

/** Table, columns of its label, and a label as of the number `i`. */
const labels: [table: string, columns: string, value: string][] = [
  ['segment_allocation', 'encapsulation, segment_key', "'gre', i"],
  ['external_port_allocation', 'port, vlan', "'port ' || i, 7"],
  ['mac_allocation', 'encapsulation, segment_key, mac', "'gre', i, '02:00:00:00:00:01'"],
];

/** An hour each, spread over a year; their reservations are of no interest here. */
async function storeLabels(session: pg.Client, table: string, columns: string, value: string): Promise<void> {
  await session.query('SET session_replication_role = replica');
  await session.query(`
    INSERT INTO ${table} (connection_id, version, ${columns}, period)
    SELECT md5('stored ' || i)::uuid::text, 1, ${value}, tstzrange(since, since + interval '1 hour')
    FROM generate_series(1, ${stored}) AS i, LATERAL (SELECT timestamptz '2030-01-01' + i * interval '1 year' / ${stored}) AS t(since)`);
  await session.query(`VACUUM ANALYZE ${table}`);
  await session.query('SET session_replication_role = origin');
}

/** As a prepared statement is run that was planned for any values. */
async function pagesRead(session: pg.Client, types: string, statement: string, values: string): Promise<number> {
  await session.query(`PREPARE measured (${types}) AS ${statement}`);
  const { rows } = await session.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT json) EXECUTE measured (${values})`);
  await session.query('DEALLOCATE measured');
  const { Plan: plan } = rows[0]['QUERY PLAN'][0];
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

describe('labels among those that are stored', () => {
  for (const [table, columns, value] of labels)
    it(`reads a few pages of ${table} to set aside and to free`, async function () {
      this.timeout(120_000);
      await withSessions(await testDatabase(), 1, async ([session]) => {
        await storeLabels(session!, table, columns, value);
        await session!.query('SET plan_cache_mode = force_generic_plan');
        const insert = `INSERT INTO ${table} (connection_id, version, ${columns}, period) SELECT $1, 1, ${value}, $2 FROM (VALUES (17)) AS t(i)`;
        const setAside = (connectionId: string, period: string) =>
          pagesRead(session!, 'text, tstzrange', insert, `'${connectionId}', '${period}'`);
        // The first of a session reads the catalogue as well.
        await setAside(await insertBareReservation(session!), '[2039-01-01,2040-01-01)');
        const own = await insertBareReservation(session!);
        const read = {
          setAside: await setAside(own, '[2040-01-01,)'),
          freeVersion: await pagesRead(
            session!,
            'text, integer',
            `DELETE FROM ${table} WHERE connection_id = $1 AND version = $2`,
            `'${own}', 2`,
          ),
          free: await pagesRead(session!, 'text', `DELETE FROM ${table} WHERE connection_id = $1`, `'${own}'`),
        };
        assert.deepEqual(
          Object.entries(read).filter(([, pages]) => pages > fewPages),
          [],
        );
      });
    });
});

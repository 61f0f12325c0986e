/** The schema in the database: no drift from the entities, nothing without a comment. */
import assert from 'node:assert/strict';
import { silentLog } from '../../src/lib/log.js';
import { createDataSource } from '../../src/store/data-source.js';
import { testDatabase } from '../support/postgres.js';

describe('schema', () => {
  it('has not drifted from the entities', async () => {
    const dataSource = createDataSource({ url: await testDatabase(), log: silentLog });
    await dataSource.initialize();
    try {
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      assert.deepEqual(
        upQueries.map((query) => query.query),
        [],
      );
    } finally {
      await dataSource.destroy();
    }
  });

  it('comments every table, column, view, sequence and function of ours', async () => {
    const dataSource = createDataSource({ url: await testDatabase(), log: silentLog });
    await dataSource.initialize();
    try {
      const uncommented: { what: string }[] = await dataSource.query(`
        SELECT c.relname || coalesce('.' || a.attname, '') AS what
        FROM pg_class c
        LEFT JOIN LATERAL (
          SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'v')
          UNION ALL SELECT NULL, 0) a ON true
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('i', 'e', 'a') AND c.relkind = 'S')
          AND coalesce(col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')) IS NULL
           OR c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND coalesce(col_description(c.oid, a.attnum), '') = ''
        UNION ALL
        SELECT p.proname FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`);
      assert.deepEqual(uncommented, []);
    } finally {
      await dataSource.destroy();
    }
  });
});

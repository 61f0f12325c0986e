/** A backup of a database as of now, and databases that it is restored into: the same rows and numbers in other tables, as pg_dump has them. */
import pg from 'pg';
import { testDatabase } from './postgres.js';

export interface Backup {
  /** URL of a fresh database with what was backed up. */
  restore(): Promise<string>;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const tablesSql = `SELECT relname AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migration'`;
const sequencesSql = 'SELECT sequencename AS name, last_value AS value FROM pg_sequences WHERE last_value IS NOT NULL';

export async function backUp(url: string): Promise<Backup> {
  const { tables, sequences } = await withClient(url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const names: { name: string }[] = (await client.query(tablesSql)).rows;
    const found: { name: string; rows: string }[] = [];
    for (const { name } of names) {
      const { rows } = await client.query(
        `SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text AS rows FROM "${name}" t`,
      );
      found.push({ name, rows: rows[0].rows });
    }
    return { tables: found, sequences: (await client.query(sequencesSql)).rows as { name: string; value: string }[] };
  });
  return {
    async restore() {
      const restored = await testDatabase();
      await withClient(restored, async (client) => {
        // As pg_restore --disable-triggers does: what was consistent is so in any order.
        await client.query("SET session_replication_role = 'replica'");
        for (const { name, rows } of tables) {
          await client.query(`DELETE FROM "${name}"`); // Migrations leave a row here and there.
          await client.query(
            `INSERT INTO "${name}" OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset(NULL::"${name}", $1)`,
            [rows],
          );
        }
        for (const { name, value } of sequences) await client.query('SELECT setval($1::regclass, $2)', [name, value]);
      });
      return restored;
    },
  };
}

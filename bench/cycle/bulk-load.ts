/**
 * Stores very many rows: without indexes, triggers, and constraints over several rows while it does so. All of them are put back as the
 * catalogue had them, which checks what has been stored; a catalogue that is not the same afterwards is an error.
 */
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';

/** What was done, and how long it took. */
export type Told = (step: string, tookMs: number) => void;

/** An index, or a constraint that has one or looks into one. */
interface Derived {
  name: string;
  drop: string;
  create: string;
}

/** Foreign keys last: they need the indexes of what they refer to. */
const derivedSql = `
  SELECT name, drop, "create" FROM (
    SELECT c.contype = 'f' AS refers, c.conname AS name,
      format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS drop,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) AS "create"
    FROM pg_constraint c
    WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'x', 'f')
    UNION ALL
    SELECT false, i.relname, format('DROP INDEX %s', i.oid::regclass), pg_get_indexdef(i.oid)
    FROM pg_class i
    WHERE i.relnamespace = 'public'::regnamespace AND i.relkind = 'i'
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))
  ) AS derived ORDER BY refers, name`;

/** Everything that holds for the tables, in words. */
const catalogueSql = `
  SELECT format('constraint %s of %s: %s, validated: %s', c.conname, c.conrelid::regclass, pg_get_constraintdef(c.oid), c.convalidated) AS line
  FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace
  UNION ALL
  SELECT format('index %s, valid: %s, ready: %s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT format('trigger %s, enabled: %s', pg_get_triggerdef(g.oid), g.tgenabled)
  FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid WHERE t.relnamespace = 'public'::regnamespace AND NOT g.tgisinternal
  ORDER BY line`;

async function readCatalogue(session: pg.Client): Promise<string[]> {
  const { rows } = await session.query<{ line: string }>(catalogueSql);
  return rows.map(({ line }) => line);
}

function refuseOther(before: readonly string[], after: readonly string[]): void {
  if (isDeepStrictEqual(before, after)) return;
  const lost = before.filter((line) => !after.includes(line)).map((line) => `\n- ${line}`);
  const added = after.filter((line) => !before.includes(line)).map((line) => `\n+ ${line}`);
  throw new Error(`the catalogue is not as the migrations have made it:${[...lost, ...added].join('')}`);
}

/** In one transaction: all of it or nothing. `statements`: by what they store. */
export async function loadInBulk(
  session: pg.Client,
  statements: Readonly<Record<string, string>>,
  told: Told,
): Promise<void> {
  const run = async (step: string, statement: string): Promise<void> => {
    const startedMs = performance.now();
    await session.query(statement);
    told(step, performance.now() - startedMs);
  };
  await session.query('BEGIN');
  const before = await readCatalogue(session);
  const { rows: derived } = await session.query<Derived>(derivedSql);
  await session.query(`SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '512MB'`);
  for (const { drop } of derived.toReversed()) await session.query(drop);
  for (const [what, statement] of Object.entries(statements)) await run(what, statement);
  // Foreign keys are checked by a join: planned for empty tables, it takes many times as long.
  await run('statistics', 'ANALYZE');
  for (const { name, create } of derived) await run(name, create);
  refuseOther(before, await readCatalogue(session));
  await session.query('COMMIT');
}

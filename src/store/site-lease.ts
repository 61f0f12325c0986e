/**
 * The site's lease in the database: who has it, by the database's clock, and which processes there are. A process is known by a session
 * of its own, which the server sees end when the process is killed, long before its lease does.
 */
import type { LeaseStore, LeaseView, NewProcess, ProcessEntry, ProcessView } from '../domain/ports/site-lease.js';
import type { Log } from '../lib/log.js';
import { durably } from './commit-waiting.js';
import { openProcessSession } from './process-session.js';

/** Nothing is lost with a renewal: the server need not wait for its disk. */
const beatSql = `
  INSERT INTO process AS p (process, name, controllers, session_pid, session_started)
  SELECT $1, $2, $3, a.pid, a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()
  ON CONFLICT (process) DO UPDATE SET
    seen_at = clock_timestamp(), session_pid = excluded.session_pid, session_started = excluded.session_started
  RETURNING xmax = 0 AS is_new`;

const renewSql = `
  UPDATE site_lease SET expires_at = clock_timestamp() + $2 * interval '1 millisecond' WHERE owner = $1`;

/** Of the sessions of other roles only the number is told. */
const isAlive = `EXISTS (SELECT FROM pg_stat_activity a
  WHERE a.pid = p.session_pid AND (a.backend_start IS NULL OR p.session_started IS NULL OR a.backend_start = p.session_started))`;

const leaseSql = `
  SELECT l.owner, l.generation, coalesce(l.expires_at <= clock_timestamp(), true) AS expired,
    NOT coalesce((SELECT ${isAlive} FROM process p WHERE p.process = l.owner), false) AS "ownerGone"
  FROM site_lease l`;

const processesSql = `
  SELECT p.process, p.name, p.controllers, p.started_at AS "startedAt", ${isAlive} AS alive FROM process p ORDER BY p.started_at, p.process`;

const mastersSql = 'SELECT m.node, m.process, m.generation FROM switch_master m ORDER BY m.node';

/** The row is locked by whoever updates it first; who comes second looks again and finds it taken. A generation is never used twice, so this is on the disk. */
const takeSql = `
  UPDATE site_lease SET owner = $1, generation = generation + 1, taken_at = clock_timestamp(),
    expires_at = clock_timestamp() + $2 * interval '1 millisecond'
  FROM ${durably}
  WHERE owner IS NULL OR expires_at <= clock_timestamp() OR generation = $3
  RETURNING generation`;

/** Over a session that others do not know yet, nothing is said: they may take its process for gone. */
const remainingSql = `
  SELECT extract(epoch FROM l.expires_at - clock_timestamp()) * 1000 AS "remainingMs"
  FROM site_lease l JOIN process p ON p.process = l.owner
  WHERE l.owner = $1 AND l.generation = $2 AND p.session_pid = pg_backend_pid()`;

const holdSql = `
  UPDATE site_lease SET expires_at = clock_timestamp() + $3 * interval '1 millisecond' WHERE owner = $1 AND generation = $2`;

const raiseSql = `
  UPDATE site_lease SET generation = greatest(generation, $2::bigint) + 1 FROM ${durably} WHERE owner = $1 RETURNING generation`;

const noteMasterSql = `
  INSERT INTO switch_master AS m (node, process, generation) VALUES ($1, $2, $3)
  ON CONFLICT (node) DO UPDATE SET process = excluded.process, generation = excluded.generation, since = now()
  WHERE m.generation < excluded.generation`;

/** A session that was lost may be made again: who is gone is for the asker to say. */
const isOfNobody = `(locked_by = ANY ($2::text[]) OR NOT EXISTS (SELECT FROM process p WHERE p.process::text = locked_by))`;

const freeClaimsSql = `
  UPDATE due_work SET locked_by = NULL, locked_until = NULL
  WHERE locked_by IS NOT NULL AND locked_by <> $1::text
    AND (kind = 'reconcile' OR ${isOfNobody})`;

const freeCallbacksSql = `
  UPDATE outbox SET locked_by = NULL, locked_until = NULL
  WHERE state = 'pending' AND locked_by IS NOT NULL AND locked_by <> $1::text AND ${isOfNobody}`;

const forgetSql = `
  DELETE FROM process WHERE seen_at < clock_timestamp() - $1 * interval '1 millisecond'
    AND process NOT IN (SELECT owner FROM site_lease WHERE owner IS NOT NULL)
  RETURNING name`;

const leaveSql = `
  WITH gone AS (DELETE FROM process WHERE process = $1)
  UPDATE site_lease SET owner = NULL, taken_at = NULL, expires_at = NULL WHERE owner = $1`;

/** A process that comes back after it was killed stands at the addresses of the one that is gone. */
const succeedSql = `
  DELETE FROM process p WHERE p.process <> $1 AND p.controllers = $2::jsonb AND NOT ${isAlive}
    AND p.process NOT IN (SELECT owner FROM site_lease WHERE owner IS NOT NULL)`;

const channel = 'site_lease';

interface LeaseRow {
  owner: string | null;
  generation: string;
  expired: boolean;
  ownerGone: boolean;
}

const toLeaseView = ({ owner, generation, expired, ownerGone }: LeaseRow): LeaseView => ({
  ...(owner === null ? {} : { owner }),
  generation: BigInt(generation),
  expired,
  ownerGone: owner !== null && ownerGone,
});

export async function createLeaseStore(url: string, log: Log): Promise<LeaseStore> {
  const session = await openProcessSession(url, log, channel);
  const { query } = session;
  const announce = () => query(`NOTIFY ${channel}`);

  const readGeneration = async (sql: string, values: unknown[]): Promise<bigint | undefined> => {
    const [row] = await query<{ generation: string }>(sql, values);
    return row && BigInt(row.generation);
  };

  async function look(): Promise<ProcessView> {
    const [lease] = await query<LeaseRow>(leaseSql);
    const processes = await query<ProcessEntry>(processesSql);
    const masters = await query<{ node: string; process: string; generation: string }>(mastersSql);
    return {
      lease: toLeaseView(lease!),
      processes,
      masters: masters.map((master) => ({ ...master, generation: BigInt(master.generation) })),
    };
  }

  return {
    async beat({ process, name, controllers }: NewProcess, leaseMs) {
      const [row] = await query<{ is_new: boolean }>(beatSql, [process, name, JSON.stringify(controllers)]);
      await query(renewSql, [process, leaseMs]);
      if (row?.is_new) {
        await query(succeedSql, [process, JSON.stringify(controllers)]);
        await announce();
      }
      return look();
    },
    take: (process, leaseMs, gone) =>
      readGeneration(takeSql, [process, leaseMs, gone === undefined ? null : String(gone)]),
    async hold(process, generation, leaseMs) {
      const [row] = await query<{ remainingMs: string }>(remainingSql, [process, String(generation)]);
      if (row === undefined) return false;
      if (Number(row.remainingMs) > leaseMs / 2) return true;
      await query(holdSql, [process, String(generation), leaseMs]);
      const [renewed] = await query<{ remainingMs: string }>(remainingSql, [process, String(generation)]);
      return renewed !== undefined;
    },
    raise: (process, seen) => readGeneration(raiseSql, [process, String(seen)]),
    async noteMaster({ node, process, generation }) {
      await query(noteMasterSql, [node, process, String(generation)]);
    },
    async freeClaims(process, gone) {
      await query(freeClaimsSql, [process, gone]);
      await query(freeCallbacksSql, [process, gone]);
      await query('NOTIFY due_work');
      await query('NOTIFY outbox');
    },
    async forgetSilent(silentMs) {
      if ((await query(forgetSql, [silentMs])).length > 0) await announce();
    },
    async leave(process) {
      await query(leaveSql, [process]);
      await announce();
    },
    onChange: (listener) => session.onNotification(listener),
    close: () => session.close(),
  };
}

/** Sessions that go round the service: plain SQL on the tables, as somebody with psql might. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export const isolationLevels = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;
export type IsolationLevel = (typeof isolationLevels)[number];

export async function openSession(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

export async function withSessions<T>(
  url: string,
  count: number,
  use: (sessions: pg.Client[]) => Promise<T>,
): Promise<T> {
  const sessions = await Promise.all(Array.from({ length: count }, () => openSession(url)));
  try {
    return await use(sessions);
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}

/** A reservation with versions 1 and 2 that have set nothing aside yet. */
export async function insertBareReservation(session: pg.Client, tenant = 'alpha'): Promise<string> {
  const connectionId = randomUUID();
  await session.query(
    `WITH r AS (
       INSERT INTO reservation (connection_id, vi_number, tenant, requester, auto_provision, terminate_on_release,
         reservation_state, lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent)
       VALUES ($1, nextval('vi_number'), $2, 'psql', true, true, 'ReserveHeld', 'Created', false, 0, true))
     INSERT INTO reservation_version (connection_id, version, state, hold_expires, period, criteria, placed)
     VALUES ($1, 1, 'committed', NULL, '[2030-01-01,)', '{}', '{}'), ($1, 2, 'held', '2030-01-01', '[2030-01-01,)', '{}', '{}')`,
    [connectionId, tenant],
  );
  return connectionId;
}

export const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

const repeatable = new Set(['40001', '40P01']);

/** Runs one statement in a transaction of its own until the database has decided: `done`, or the SQLSTATE of its refusal. */
export async function decide(
  session: pg.Client,
  level: IsolationLevel,
  sql: string,
  values: unknown[],
  meanwhile: () => Promise<void> = async () => {},
): Promise<string> {
  for (;;) {
    await session.query(`BEGIN ISOLATION LEVEL ${level}`);
    await session.query('SELECT count(*) FROM node'); // The stricter levels take their snapshot here.
    await meanwhile();
    try {
      await session.query(sql, values);
      await session.query('COMMIT');
      return 'done';
    } catch (error) {
      await session.query('ROLLBACK');
      if (!repeatable.has(codeOf(error) ?? '')) return codeOf(error) ?? String(error);
    }
  }
}

/** All wait here until all have come; later calls pass. */
export function barrier(count: number): () => Promise<void> {
  let waiting = count;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    waiting -= 1;
    if (waiting <= 0) open();
    return opened;
  };
}

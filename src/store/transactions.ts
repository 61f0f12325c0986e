/**
 * Runs work in one transaction, at READ COMMITTED: rows are locked where it matters, and the database's guards hold at any
 * level. Run again after a serialization failure, a deadlock, or a connection lost before commit was asked for; a commit whose
 * outcome is unknown is never repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Log } from '../lib/log.js';
import { isConnectionLost, isNothingSent, isRepeatable, toOverload } from './database-errors.js';
import { openSession, type Session } from './session.js';

const maxAttempts = 10;

const backoffMs = (attempt: number): number => Math.min(1_000, 10 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** Whether commit was sent is what decides if a lost connection may be tried again. */
interface Attempt {
  commitSent: boolean;
}

async function runOnce<T>(runner: QueryRunner, attempt: Attempt, work: (session: Session) => Promise<T>): Promise<T> {
  const client: PoolClient = await runner.connect();
  const session = openSession(client, runner.manager);
  // Waited for: were it to fail, what came behind it would be done without a transaction. At the session's level: see data-source.ts.
  await session.begin();
  try {
    const result = await work(session);
    attempt.commitSent = true;
    await session.commit();
    session.end(true);
    return result;
  } catch (error) {
    session.end(false);
    await client.query('ROLLBACK').catch(() => {}); // On a broken connection the server has rolled back already.
    throw session.failure() ?? error;
  }
}

const mayRunAgain = (error: unknown, attempt: Attempt): boolean =>
  isRepeatable(error) || isNothingSent(error) || (isConnectionLost(error) && !attempt.commitSent);

export async function runTransaction<T>(
  dataSource: DataSource,
  log: Log,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    const attempt: Attempt = { commitSent: false };
    const runner = dataSource.createQueryRunner();
    try {
      return await runOnce(runner, attempt, work);
    } catch (error) {
      if (count >= maxAttempts || !mayRunAgain(error, attempt)) throw toOverload(error) ?? error;
      log.debug({ err: error, count }, 'a transaction is run again');
    } finally {
      await runner.release();
    }
    await sleep(backoffMs(count));
  }
}

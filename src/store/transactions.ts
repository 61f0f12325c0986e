/**
 * Runs work in one transaction, at READ COMMITTED: rows are locked where it matters, and the database's guards hold at any
 * level. Run again after a serialization failure, a deadlock, or a connection lost before commit was asked for; a commit whose
 * outcome is unknown is never repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Log } from '../lib/log.js';
import { isConnectionLost, isNothingSent, isRepeatable } from './database-errors.js';

const maxAttempts = 10;

const backoffMs = (attempt: number): number => Math.min(1_000, 10 * 2 ** attempt) * (0.5 + Math.random() / 2);

/** Whether commit was sent is what decides if a lost connection may be tried again. */
interface Attempt {
  commitSent: boolean;
}

async function runOnce<T>(
  runner: QueryRunner,
  attempt: Attempt,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  await runner.startTransaction(); // At the session's level: see data-source.ts.
  try {
    const result = await work(runner.manager);
    attempt.commitSent = true;
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => {}); // On a broken connection the server has rolled back already.
    throw error;
  }
}

const mayRunAgain = (error: unknown, attempt: Attempt): boolean =>
  isRepeatable(error) || isNothingSent(error) || (isConnectionLost(error) && !attempt.commitSent);

export async function runTransaction<T>(
  dataSource: DataSource,
  log: Log,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    const attempt: Attempt = { commitSent: false };
    const runner = dataSource.createQueryRunner();
    try {
      return await runOnce(runner, attempt, work);
    } catch (error) {
      if (count >= maxAttempts || !mayRunAgain(error, attempt)) throw error;
      log.debug({ err: error, count }, 'a transaction is run again');
    } finally {
      await runner.release();
    }
    await sleep(backoffMs(count));
  }
}

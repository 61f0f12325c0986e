/** What writes a request's rows: one transaction for each request, with its identity and its answer, that waits for the disk. */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** A statement, prepared under its name. */
export type Run = (name: string, text: string, values: unknown[]) => Promise<pg.QueryResult>;

export interface Request {
  requester: string;
  operation: string;
  correlationId: string;
}

export function openTransactions(url: string, poolSize = 10) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  return {
    /** Without a transaction around it. */
    run: ((name, text, values) => pool.query({ name, text, values })) as Run,

    /** Everything that `work` writes, and what the request is answered with. */
    async transact<T>(
      { requester, operation, correlationId }: Request,
      answer: object,
      work: (run: Run) => Promise<T>,
    ) {
      const client = await pool.connect();
      const run: Run = (name, text, values) => client.query({ name, text, values });
      try {
        await client.query('BEGIN');
        const digest = createHash('sha256').update(operation).update(correlationId).digest('hex');
        await run(
          'claim',
          'INSERT INTO request (requester, correlation_id, operation, digest) VALUES ($1, $2, $3, $4)',
          [requester, correlationId, operation, digest],
        );
        const result = await work(run);
        await run('answer', 'UPDATE request SET answer = $3 WHERE requester = $1 AND correlation_id = $2', [
          ...[requester, correlationId, JSON.stringify(answer)],
        ]);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },

    close: (): Promise<void> => pool.end(),
  };
}

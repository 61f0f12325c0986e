/**
 * The session of one transaction. Statements are prepared once a connection, sent at once and in the order of the calls; writes whose
 * outcome nobody needs are not waited for before the end. If one of them fails, PostgreSQL refuses all that follow, the commit included.
 */
import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';

/** `name`: the same on every connection, and of one text only. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface Session {
  /** For what is rare. Whoever uses it waits for it before anything else is sent. */
  readonly manager: EntityManager;
  /** The rows. */
  run<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** Sent, and not waited for: the end of the transaction tells what became of it. */
  write(statement: Statement, values?: readonly unknown[]): void;
  /** One statement without parameters, as it stands. Not waited for either. */
  command(text: string): void;
}

export interface OpenSession extends Session {
  /** Begins the transaction. */
  begin(): Promise<void>;
  /** Throws what went wrong first, of the writes and the commit. */
  commit(): Promise<void>;
  /** What a write that nobody waited for has failed of. */
  failure(): unknown;
}

const silently = (): void => {};

export function openSession(client: PoolClient, manager: EntityManager): OpenSession {
  const unawaited: Promise<unknown>[] = [];
  let failure: unknown;

  const leave = (sent: Promise<unknown>): void => {
    const noted = sent.catch((error: unknown) => {
      failure ??= error;
    });
    unawaited.push(noted);
  };

  return {
    manager,
    async run<Row>({ name, text }: Statement, values: readonly unknown[] = []): Promise<Row[]> {
      const { rows } = await client.query({ name, text, values: [...values] });
      return rows as Row[];
    },
    write: ({ name, text }, values = []) => leave(client.query({ name, text, values: [...values] })),
    command: (text) => leave(client.query(text)),
    async begin() {
      await client.query('BEGIN');
    },
    async commit() {
      const committed = client.query('COMMIT');
      committed.catch(silently);
      await Promise.all(unawaited);
      if (failure !== undefined) throw failure;
      const { command } = await committed;
      // PostgreSQL answers a commit of what has failed with ROLLBACK, and not with an error.
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}, not with COMMIT`);
    },
    failure: () => failure,
  };
}

/**
 * The session of one transaction. Statements are prepared once a connection, sent at once and in the order of the calls; writes whose
 * outcome nobody needs are not waited for before the end. If one of them fails, PostgreSQL refuses all that follow, the commit included.
 */
import type { Duplex } from 'node:stream';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

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
  /** Sent, and not waited for: the end of the transaction tells what became of it. `answer` is given its rows before that. */
  write(statement: Statement, values?: readonly unknown[], answer?: (rows: unknown[]) => void): void;
  /** One statement without parameters, as it stands. Not waited for either. */
  command(text: string): void;
  /** Called when the transaction has ended, with whether it is known to be committed. */
  onEnd(listener: (committed: boolean) => void): void;
}

export interface OpenSession extends Session {
  /** Begins the transaction. */
  begin(): Promise<void>;
  /** Throws what went wrong first, of the writes and the commit. */
  commit(): Promise<void>;
  /** What a write that nobody waited for has failed of. */
  failure(): unknown;
  end(committed: boolean): void;
}

const silently = (): void => {};

/** What pg has for a socket, below its types. */
type Corkable = PoolClient & { connection: { stream: Duplex } };

/** Statements that follow each other without waiting go out in one packet: a system call, and a turn of the server, for all of them. */
function createPacking(client: PoolClient): () => void {
  const { stream } = (client as Corkable).connection;
  let corked = false;
  return () => {
    if (corked) return;
    corked = true;
    stream.cork();
    // After the promises that are settled already, whose sequels may send more.
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
}

export function openSession(client: PoolClient, manager: EntityManager): OpenSession {
  const pack = createPacking(client);
  const unawaited: Promise<unknown>[] = [];
  const endListeners: ((committed: boolean) => void)[] = [];
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
      pack();
      const { rows } = await client.query({ name, text, values: [...values] });
      return rows as Row[];
    },
    write: ({ name, text }, values = [], answer) => {
      pack();
      const sent = client.query({ name, text, values: [...values] });
      // Not in the way of what it fails of, which has to be noted before the next failure is.
      if (answer !== undefined) sent.then(({ rows }) => answer(rows), silently);
      leave(sent);
    },
    command: (text) => {
      pack();
      leave(client.query(text));
    },
    async begin() {
      await client.query('BEGIN');
    },
    async commit() {
      pack();
      const committed = client.query('COMMIT');
      committed.catch(silently);
      await Promise.all(unawaited);
      if (failure !== undefined) throw failure;
      const { command } = await committed;
      // PostgreSQL answers a commit of what has failed with ROLLBACK, and not with an error.
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}, not with COMMIT`);
    },
    failure: () => failure,
    onEnd: (listener) => void endListeners.push(listener),
    end(committed) {
      for (const listener of endListeners) listener(committed);
    },
  };
}

/** A statement that is a transaction by itself. The rows. */
export async function runAlone<Row>(
  dataSource: DataSource,
  { name, text }: Statement,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const client: PoolClient = await runner.connect();
    const { rows } = await client.query({ name, text, values: [...values] });
    return rows as Row[];
  } finally {
    await runner.release();
  }
}

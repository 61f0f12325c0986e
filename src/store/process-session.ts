/**
 * A process's own session with the database, by which others see that it lives: one connection, never shared, that also hears what they
 * announce. Lost, it is made again at the next question; who asks meanwhile is told that it is lost.
 */
import pg from 'pg';
import type { Log } from '../lib/log.js';

export interface ProcessSession {
  /** Not on the disk yet when it resolves, unless the statement says so: see commit-waiting.ts. */
  query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  onNotification(listener: () => void): void;
  close(): Promise<void>;
}

/** A lease is no use to a process that waits longer for its answer. */
const answerMs = 5_000;

export async function openProcessSession(url: string, log: Log, channel: string): Promise<ProcessSession> {
  const listeners: (() => void)[] = [];
  let current: Promise<pg.Client> | undefined;
  let closed = false;

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'iris process',
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      statement_timeout: answerMs,
      lock_timeout: answerMs,
      keepAlive: true,
      // Several questions may be on their way at once.
      pipeline: true,
    });
    client.on('error', (err) => log.warn({ err }, 'the session of this process with the database was lost'));
    client.on('notification', () => {
      for (const listener of listeners) listener();
    });
    await client.connect();
    try {
      await client.query(`LISTEN ${channel}; SET synchronous_commit = off`);
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    return client;
  }

  function clientNow(): Promise<pg.Client> {
    if (closed) throw new Error('the session of this process with the database is closed');
    if (current === undefined) {
      const opened = connect();
      const forget = () => {
        if (current === opened) current = undefined;
      };
      current = opened;
      opened.then((client) => client.once('end', forget), forget);
    }
    return current;
  }

  async function query<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = await clientNow();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } catch (error) {
      // A server that does not answer in time may hold the session for ever.
      if (!(error instanceof pg.DatabaseError)) client.end().catch(() => {});
      throw error;
    }
  }

  await clientNow();
  return {
    query,
    onNotification: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      const client = await current?.catch(() => undefined);
      await client?.end().catch(() => {});
    },
  };
}

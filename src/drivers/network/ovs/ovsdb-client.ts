/**
 * A node's database: a connection that comes back by itself, the replica that it keeps, and transactions. What a transaction
 * may throw is a DriverError of this node.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Log } from '../../../lib/log.js';
import type { TableUpdates } from '../../../wire/ovsdb/messages.js';
import type { Operation, OperationResult } from '../../../wire/ovsdb/operations.js';
import { type ConnectionEvents, connectOvsdb, type OvsdbConnection, OvsdbLost } from './ovsdb-connection.js';
import { toConnectOptions } from './ovsdb-endpoint.js';
import { createReplica, monitored, type Replica } from './ovsdb-replica.js';

const database = 'Open_vSwitch';
const answerTimeoutMs = 10_000;
const firstRetryMs = 200;
const lastRetryMs = 5_000;

export interface OvsdbClient {
  readonly replica: Replica;
  readonly isUp: () => boolean;
  transact(operations: readonly Operation[]): Promise<OperationResult[]>;
  /** Resolves with what `look` first finds in the replica; throws DriverError transient after `timeoutMs`. */
  until<T>(look: (replica: Replica) => T | undefined, timeoutMs: number, awaited: string): Promise<T>;
  close(): void;
}

export interface OvsdbClientOptions {
  node: string;
  endpoint: string;
  log: Log;
  /** The replica is whole, or has changed, or the connection is lost. */
  onChange: () => void;
}

function toFailure(node: string, results: readonly OperationResult[]): DriverError | undefined {
  const failed = results.find((result) => result?.error !== undefined);
  if (failed === undefined) return undefined;
  // RFC 7047 §5.2.6: a `wait` that does not hold fails with "timed out": somebody else was faster.
  const errorClass = failed.error === 'timed out' || failed.error === 'constraint violation' ? 'conflict' : 'permanent';
  return new DriverError(errorClass, node, `the database refused: ${failed.error}: ${failed.details ?? 'no details'}`);
}

export function createOvsdbClient({ node, endpoint, log, onChange }: OvsdbClientOptions): OvsdbClient {
  const where = toConnectOptions(endpoint);
  if (where === undefined)
    throw new DriverError('permanent', node, `'${endpoint}' is not a database address that we can connect to`);
  const replica = createReplica();
  const watchers = new Set<() => void>();
  /** Updates that came in one piece with the first answer, and so before it was taken up. */
  const early: TableUpdates[] = [];
  let connection: OvsdbConnection | undefined;
  let up = false;
  let closed = false;
  let retryMs = firstRetryMs;
  let retry: NodeJS.Timeout | undefined;

  const changed = (): void => {
    for (const watcher of [...watchers]) watcher();
    onChange();
  };

  async function subscribe(to: OvsdbConnection): Promise<void> {
    const rows = (await to.request('monitor', [database, null, monitored], answerTimeoutMs)) as TableUpdates;
    replica.clear();
    for (const updates of [rows, ...early.splice(0)]) replica.update(updates);
    up = true;
    retryMs = firstRetryMs;
    log.info({ node }, 'database connected');
    changed();
  }

  function handleDown(reason: string): void {
    if (up) log.warn({ node, reason }, 'database lost');
    up = false;
    early.length = 0;
    connection = undefined;
    if (closed) return;
    retry = setTimeout(open, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, lastRetryMs);
    changed();
  }

  function open(): void {
    const events: ConnectionEvents = {
      up: () => {
        subscribe(opened).catch((error) => {
          log.warn({ node, err: error }, 'database does not tell its rows');
          opened.close();
        });
      },
      notification: (method, params) => {
        if (method !== 'update') return;
        if (!up) {
          early.push(params[1] as TableUpdates);
          return;
        }
        replica.update(params[1] as TableUpdates);
        changed();
      },
      down: handleDown,
    };
    const opened = connectOvsdb(where!, events);
    connection = opened;
  }

  open();

  return {
    replica,
    isUp: () => up,
    async transact(operations) {
      if (connection === undefined || !up) throw new DriverError('transient', node, 'its database does not answer');
      try {
        const results = await connection.request('transact', [database, ...operations], answerTimeoutMs);
        const failure = toFailure(node, results as OperationResult[]);
        if (failure !== undefined) throw failure;
        return results as OperationResult[];
      } catch (error) {
        if (error instanceof DriverError) throw error;
        const errorClass = error instanceof OvsdbLost ? 'transient' : 'permanent';
        throw new DriverError(errorClass, node, (error as Error).message, { cause: error });
      }
    },
    until(look, timeoutMs, awaited) {
      return new Promise((resolve, reject) => {
        const tryOnce = (): void => {
          const found = up ? look(replica) : undefined;
          if (found === undefined) return;
          stop();
          resolve(found);
        };
        const stop = (): void => {
          watchers.delete(tryOnce);
          clearTimeout(timer);
        };
        const timer = setTimeout(() => {
          stop();
          reject(new DriverError('transient', node, `${awaited} did not come within ${timeoutMs} ms`));
        }, timeoutMs);
        watchers.add(tryOnce);
        tryOnce();
      });
    },
    close() {
      closed = true;
      clearTimeout(retry);
      connection?.close();
    },
  };
}

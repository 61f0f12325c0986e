/**
 * A node's database: a connection that comes back by itself, the replica that it keeps, and transactions. What a transaction
 * may throw is a DriverError of this node.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { Log } from '../../../lib/log.js';
import type { TableUpdates } from '../../../wire/ovsdb/messages.js';
import type { Operation, OperationResult } from '../../../wire/ovsdb/operations.js';
import type { PeerTrust } from './node-trust.js';
import { type ConnectionEvents, connectOvsdb, type OvsdbConnection, OvsdbLost } from './ovsdb-connection.js';
import { parseOvsdbEndpoint } from './ovsdb-endpoint.js';
import { createReplica, monitored, type Replica } from './ovsdb-replica.js';

const database = 'Open_vSwitch';
const answerTimeoutMs = 10_000;
const firstRetryMs = 200;
const lastRetryMs = 5_000;

export interface OvsdbClient {
  readonly replica: Replica;
  readonly isUp: () => boolean;
  /** What ended the last connection, or the last attempt at one; undefined while one stands or is tried for the first time. */
  readonly whyDown: () => string | undefined;
  transact(operations: readonly Operation[]): Promise<OperationResult[]>;
  /** Resolves with what `look` first finds in the replica; throws DriverError transient after `timeoutMs`. */
  until<T>(look: (replica: Replica) => T | undefined, timeoutMs: number, awaited: string): Promise<T>;
  close(): void;
}

export interface OvsdbClientOptions {
  node: string;
  endpoint: string;
  /** Needed where the endpoint is `ssl:`. */
  trust?: PeerTrust | undefined;
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

export function createOvsdbClient({ node, endpoint, trust, log, onChange }: OvsdbClientOptions): OvsdbClient {
  const where = parseOvsdbEndpoint(endpoint);
  if (where === undefined)
    throw new DriverError('permanent', node, `'${endpoint}' is not a database address that we can connect to`);
  const replica = createReplica();
  const watchers = new Set<() => void>();
  /** Updates that came in one piece with the first answer, and so before it was taken up. */
  const early: TableUpdates[] = [];
  let connection: OvsdbConnection | undefined;
  let up = false;
  let whyDown: string | undefined;
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
    whyDown = undefined;
    retryMs = firstRetryMs;
    log.info({ node }, 'database connected');
    changed();
  }

  function handleDown(reason: string): void {
    // Another attempt that fails like the last is no news.
    if (up || reason !== whyDown) log.warn({ node, reason }, up ? 'database lost' : 'database cannot be reached');
    up = false;
    whyDown = reason;
    early.length = 0;
    connection = undefined;
    if (closed) return;
    retry = setTimeout(tryToOpen, retryMs * (0.5 + Math.random() / 2));
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
    const opened = connectOvsdb(where!, events, trust);
    connection = opened;
  }

  function tryToOpen(): void {
    try {
      open();
    } catch (error) {
      // Whoever made this client has not got it yet.
      queueMicrotask(() => handleDown((error as Error).message));
    }
  }

  tryToOpen();

  const because = (): string => (up || whyDown === undefined ? '' : `: ${whyDown}`);

  return {
    replica,
    isUp: () => up,
    whyDown: () => whyDown,
    async transact(operations) {
      if (connection === undefined || !up)
        throw new DriverError('transient', node, `its database does not answer${because()}`);
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
          reject(new DriverError('transient', node, `${awaited} did not come within ${timeoutMs} ms${because()}`));
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

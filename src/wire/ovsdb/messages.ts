/** JSON-RPC 1.0 as OVSDB speaks it, RFC 7047 §4: what a received object is. */
import { WireError } from '../wire-error.js';
import type { OvsdbRow } from './values.js';

export type RpcId = string | number;

export type RpcMessage =
  | { kind: 'request'; id: RpcId; method: string; params: unknown[] }
  | { kind: 'notification'; method: string; params: unknown[] }
  | { kind: 'reply'; id: RpcId; result: unknown; error: unknown };

/** §4.1.6: per table and row what it was and what it is; `old` holds only the columns that changed. */
export type TableUpdates = Record<string, Record<string, { old?: OvsdbRow; new?: OvsdbRow }>>;

/** §4.1.5: the columns to be told of, per table. */
export type MonitorRequests = Record<string, { columns: readonly string[] }>;

const isId = (id: unknown): id is RpcId => typeof id === 'string' || typeof id === 'number';

/** Throws WireError. */
export function toRpcMessage(object: unknown): RpcMessage {
  const { id, method, params, result, error } = object as Record<string, unknown>;
  if (typeof method === 'string') {
    if (!Array.isArray(params)) throw new WireError('must be an array', 0, 'params');
    return isId(id) ? { kind: 'request', id, method, params } : { kind: 'notification', method, params };
  }
  if (!isId(id)) throw new WireError('must be a string or a number in a reply', 0, 'id');
  return { kind: 'reply', id, result, error: error ?? null };
}

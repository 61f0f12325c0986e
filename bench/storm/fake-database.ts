/**
 * A node's database without a switch behind it: so much of RFC 7047 as the network driver asks for. It starts empty, does what it is told, and
 * gives every port a number at once.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createJsonFramer } from '../../src/wire/ovsdb/json-framing.js';
import { type TableUpdates, toRpcMessage } from '../../src/wire/ovsdb/messages.js';
import type { Condition, Mutation, Operation, OperationResult } from '../../src/wire/ovsdb/operations.js';
import { type Atom, fromMap, fromSet, type OvsdbRow, type OvsdbValue, toMap } from '../../src/wire/ovsdb/values.js';

type Rows = Map<string, OvsdbRow>;

export interface FakeDatabase {
  /** Number of the first port whose name begins so; undefined while there is none. */
  portNumber(prefix: string): number | undefined;
  close(): Promise<void>;
}

const isMap = (value: OvsdbValue): boolean => Array.isArray(value) && value[0] === 'map';
const textOf = (atom: Atom): string => JSON.stringify(atom);

function matches(uuid: string, row: OvsdbRow, where: readonly Condition[]): boolean {
  return where.every(([column, relation, value]) => {
    const found: OvsdbValue | undefined = column === '_uuid' ? ['uuid', uuid] : row[column];
    if (relation !== 'includes') return JSON.stringify(found) === JSON.stringify(value);
    const present = fromMap(found);
    return Object.entries(fromMap(value)).every(([key, item]) => present[key] === item);
  });
}

function mutate(before: OvsdbValue | undefined, [, mutator, value]: Mutation): OvsdbValue {
  if (mutator !== 'insert' && mutator !== 'delete') return before ?? 0;
  if (isMap(value)) return toMap({ ...fromMap(before), ...fromMap(value) });
  if (before !== undefined && isMap(before)) {
    const gone = new Set(fromSet(value).map(String));
    return toMap(Object.fromEntries(Object.entries(fromMap(before)).filter(([key]) => !gone.has(key))));
  }
  const given = fromSet(value);
  const others = fromSet(before).filter((atom) => !given.some((one) => textOf(one) === textOf(atom)));
  return ['set', mutator === 'insert' ? [...others, ...given] : others];
}

/** References to rows of the same transaction, by the UUIDs that these were given. */
const resolveNames = (value: OvsdbValue, named: ReadonlyMap<string, string>): OvsdbValue =>
  JSON.parse(JSON.stringify(value), (_, item) =>
    Array.isArray(item) && item[0] === 'named-uuid' ? ['uuid', named.get(item[1])] : item,
  );

function createRows() {
  const tables = new Map<string, Rows>();
  let lastPort = 0;
  const rowsOf = (table: string): Rows => {
    const rows = tables.get(table) ?? new Map<string, OvsdbRow>();
    tables.set(table, rows);
    return rows;
  };
  rowsOf('Open_vSwitch').set(randomUUID(), { bridges: ['set', []], ovs_version: 'none', next_cfg: 0 });

  const found = (table: string, where: readonly Condition[]): [string, OvsdbRow][] =>
    [...rowsOf(table)].filter(([uuid, row]) => matches(uuid, row, where));

  function transact(operations: readonly Operation[]): { results: OperationResult[]; updates: TableUpdates } {
    const named = new Map<string, string>();
    const updates: TableUpdates = {};
    const set = (table: string, uuid: string, row: OvsdbRow): void => {
      rowsOf(table).set(uuid, row);
      updates[table] = { ...updates[table], [uuid]: { new: row } };
    };
    for (const operation of operations)
      if (operation.op === 'insert' && operation['uuid-name'] !== undefined)
        named.set(operation['uuid-name'], randomUUID());
    const results: OperationResult[] = [];
    for (const operation of operations) {
      if (operation.op === 'wait' && found(operation.table, operation.where).length !== operation.rows.length)
        return { results: [...results, { error: 'timed out', details: 'the rows are others' }], updates: {} };
      if (operation.op === 'insert') {
        const uuid = named.get(operation['uuid-name'] ?? '') ?? randomUUID();
        const number: OvsdbRow = operation.table === 'Interface' ? { ofport: ++lastPort } : {};
        set(operation.table, uuid, {
          ...(resolveNames(operation.row as never, named) as never as OvsdbRow),
          ...number,
        });
      }
      if (operation.op === 'update')
        for (const [uuid, row] of found(operation.table, operation.where))
          set(operation.table, uuid, { ...row, ...(resolveNames(operation.row as never, named) as never as OvsdbRow) });
      if (operation.op === 'mutate')
        for (const [uuid, row] of found(operation.table, operation.where)) {
          const changed = { ...row } as Record<string, OvsdbValue>;
          for (const [column, mutator, value] of operation.mutations)
            changed[column] = mutate(changed[column], [column, mutator, resolveNames(value, named)]);
          set(operation.table, uuid, changed);
        }
      results.push({});
    }
    return { results, updates };
  }

  const all = (): TableUpdates =>
    Object.fromEntries(
      [...tables].map(([table, rows]) => [
        table,
        Object.fromEntries([...rows].map(([uuid, row]) => [uuid, { new: row }])),
      ]),
    );
  return { transact, all, rowsOf };
}

function serve(socket: Socket, rows: ReturnType<typeof createRows>): void {
  const framer = createJsonFramer(64 << 20);
  const send = (message: object): void => void socket.write(JSON.stringify(message));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    for (const object of framer.push(chunk)) {
      const message = toRpcMessage(object);
      if (message.kind !== 'request') continue;
      const { id, method, params } = message;
      if (method !== 'transact') {
        send({ id, result: method === 'monitor' ? rows.all() : params, error: null });
        continue;
      }
      const { results, updates } = rows.transact(params.slice(1) as Operation[]);
      if (Object.keys(updates).length > 0) send({ id: null, method: 'update', params: [null, updates] });
      send({ id, result: results, error: null });
    }
  });
}

export function startFakeDatabase(path: string): Promise<FakeDatabase> {
  const rows = createRows();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, rows);
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, () =>
      resolve({
        portNumber(prefix) {
          for (const row of rows.rowsOf('Interface').values())
            if (String(row.name).startsWith(prefix)) return row.ofport as number;
          return undefined;
        },
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      }),
    );
  });
}

/**
 * What a turn has changed, in one statement: the reservation's row, its history, its due work, and what there is to tell. It is put together
 * of the parts that the turn has something for, since PostgreSQL makes each part of a statement ready for every run.
 */
import type { Callback } from '../domain/nsi/messages.js';
import type {
  CallbackPlaces,
  CallbackTaker,
  ClaimedCallback,
  Messages,
  Transition,
  TurnRecord,
} from '../domain/ports/store.js';
import { scheduleSql } from './due-work.js';
import { claimedAtOnce, destinationOf, outboxColumns, outboxRecord, toOutboxRecord } from './outbox.js';
import type { Session, Statement } from './session.js';

interface Recorded {
  connectionId: string;
  turn: TurnRecord;
  /** Of its due work, what is put in the place of what is cancelled: that has been removed before. */
  anew: readonly string[];
  /** By whom, for how long and behind what the callbacks are claimed. */
  claim: unknown[];
}

interface Part {
  /** `p`: the name of the part's nth parameter, from 1. */
  sql(p: (n: number) => string): string;
  /** Undefined: nothing to do. */
  values(recorded: Recorded): unknown[] | undefined;
}

const unlessEmpty = (rows: readonly object[] | undefined): string[] | undefined =>
  rows === undefined || rows.length === 0 ? undefined : [JSON.stringify(rows)];

/** What may be cleared: whether it is said at all, and what it becomes. */
const clearable = (value: unknown): unknown[] => [value !== undefined, value ? JSON.stringify(value) : null];

/** Absent things are kept. */
const kept = [
  ...['reservation_state', 'provision_state', 'lifecycle_state'],
  ...['data_plane_active', 'data_plane_version', 'data_plane_consistent'],
  ...['reply_to', 'last_notification_id', 'last_result_id'],
];

const patched: Part = {
  sql: (p) => `
    UPDATE reservation SET
      ${kept.map((column, index) => `${column} = coalesce(${p(index + 6)}, ${column})`).join(', ')},
      error_event = CASE WHEN ${p(2)}::boolean THEN ${p(3)}::jsonb ELSE error_event END,
      awaited = CASE WHEN ${p(4)}::boolean THEN ${p(5)}::jsonb ELSE awaited END,
      updated_at = clock_timestamp()
    WHERE connection_id = ${p(1)}`,
  values({ connectionId, turn: { states, errorEvent, awaited, lastIds, replyTo } }) {
    if ([states, errorEvent, awaited, lastIds, replyTo].every((change) => change === undefined)) return undefined;
    return [
      ...[connectionId, ...clearable(errorEvent), ...clearable(awaited)],
      ...[states?.reservation, states?.provision, states?.lifecycle],
      ...[states?.dataPlane?.active, states?.dataPlane?.version, states?.dataPlane?.consistent],
      ...[replyTo, lastIds?.notification, lastIds?.result],
    ];
  },
};

const cancelSql = (p: (n: number) => string): string =>
  `DELETE FROM due_work WHERE connection_id = ${p(1)} AND kind = ANY (${p(2)}::text[])`;

const cancelled: Part = {
  sql: cancelSql,
  values({ connectionId, turn, anew }) {
    const kinds = (turn.cancelled ?? []).filter((kind) => !anew.includes(kind));
    return kinds.length === 0 ? undefined : [connectionId, kinds];
  },
};

const toColumns = (transitions: readonly Transition[]): unknown[] => [
  transitions.map(({ connectionId }) => connectionId),
  transitions.map(({ machine }) => machine),
  transitions.map(({ from }) => from),
  transitions.map(({ to }) => to),
  transitions.map(({ by }) => by),
  transitions.map(({ correlationId }) => correlationId ?? null),
  transitions.map(({ reason }) => reason ?? null),
];

const history: Part = {
  sql: (p) => `
    INSERT INTO history (connection_id, machine, from_state, to_state, asked_by, correlation_id, reason)
    SELECT * FROM unnest(${[1, 2, 3, 4, 5, 6, 7].map((n) => `${p(n)}::text[]`).join(', ')})`,
  values: ({ turn: { transitions = [] } }) => (transitions.length === 0 ? undefined : toColumns(transitions)),
};

const notifications: Part = {
  sql: (p) => `
    INSERT INTO nsi_notification (connection_id, notification_id, at, kind, message)
    SELECT r.m ->> 'connectionId', (r.m ->> 'notificationId')::bigint, (r.m ->> 'timeStamp')::timestamptz, r.m ->> 'kind', r.m
    FROM jsonb_array_elements(${p(1)}::jsonb) AS r(m)`,
  values: ({ turn: { messages } }) => unlessEmpty(messages?.notifications),
};

const results: Part = {
  sql: (p) => `
    INSERT INTO nsi_result (connection_id, result_id, at, correlation_id, kind, message)
    SELECT r."connectionId", r."resultId", r."timeStamp", r."correlationId", r.result ->> 'kind', r.result
    FROM jsonb_to_recordset(${p(1)}::jsonb)
      AS r("connectionId" text, "resultId" bigint, "timeStamp" timestamptz, "correlationId" text, result jsonb)`,
  values: ({ turn: { messages } }) => unlessEmpty(messages?.results),
};

const callbacks: Part = {
  sql: (p) => `
    INSERT INTO outbox (${outboxColumns}, locked_by, locked_until, attempts)
    SELECT ${outboxColumns.replaceAll(/\w+/g, (column) => `r.${column}`)}, c.worker, c.until, c.attempts
    FROM ROWS FROM (jsonb_to_recordset(${p(1)}::jsonb) AS (${outboxRecord})) WITH ORDINALITY
      AS r(${outboxColumns}, position)
    CROSS JOIN (${claimedAtOnce({ connectionId: p(2), worker: p(3), leaseMs: p(4), ahead: p(5) })}) AS c
    ORDER BY r.position
    RETURNING id, locked_by`,
  values({ connectionId, claim, turn: { messages } }) {
    const rows = unlessEmpty(messages?.callbacks.map(toOutboxRecord));
    return rows === undefined ? undefined : [...rows, connectionId, ...claim];
  },
};

const scheduled: Part = {
  sql: (p) => scheduleSql.replaceAll(/\$(\d)/g, (_, n) => p(Number(n))),
  values({ turn: { work = [] } }) {
    if (work.length === 0) return undefined;
    return [work.map(({ kind }) => kind), work.map((asked) => asked.connectionId), work.map(({ runAt }) => runAt)];
  },
};

const parts = { patched, cancelled, history, notifications, results, callbacks, scheduled };
type PartName = keyof typeof parts;
const partNames = Object.keys(parts) as PartName[];

/** By the parts that they have. */
const statements = new Map<string, Statement>();

function composeStatement(has: readonly PartName[], counts: readonly number[]): Statement {
  let taken = 0;
  const ctes = has.map((name, index) => {
    const first = taken;
    taken += counts[index]!;
    return `${name} AS (${parts[name].sql((n) => `$${first + n}`)})`;
  });
  const answer = has.includes('callbacks')
    ? 'SELECT id FROM callbacks WHERE locked_by IS NOT NULL ORDER BY id'
    : 'SELECT WHERE false';
  // A name has no more than 63 characters.
  const name = `record turn ${partNames.map((part) => (has.includes(part) ? 1 : 0)).join('')}`;
  return { name, text: `WITH ${ctes.join(', ')} ${answer}` };
}

/** Answers with the ids of the callbacks that are claimed. */
function toStatement(recorded: Recorded): { statement: Statement; values: unknown[] } | undefined {
  const has: PartName[] = [];
  const values: unknown[][] = [];
  for (const name of partNames) {
    const own = parts[name].values(recorded);
    if (own === undefined) continue;
    has.push(name);
    values.push(own);
  }
  if (has.length === 0) return undefined;
  const key = has.join();
  let statement = statements.get(key);
  if (statement === undefined) {
    statement = composeStatement(
      has,
      values.map(({ length }) => length),
    );
    statements.set(key, statement);
  }
  return { statement, values: values.flat() };
}

const cancel: Statement = { name: 'cancel work', text: cancelSql((n) => `$${n}`) };

/** What was queued has been claimed in the same statement, all of it or nothing. */
const toClaimed = (ids: readonly { id: string }[], queued: readonly Callback[]): ClaimedCallback[] =>
  ids.map(({ id }, index) => {
    const callback = queued[index]!;
    return { ...callback, id, destination: destinationOf(callback), attempts: 1, ageMs: 0 };
  });

const toClaim = (taker: CallbackTaker | undefined, places: CallbackPlaces | undefined): unknown[] =>
  taker === undefined || places === undefined ? [null, 0, []] : [taker.worker, taker.leaseMs, places.ahead];

const offerTo = (
  taker: CallbackTaker | undefined,
  connectionId: string,
  messages: Messages | undefined,
): CallbackPlaces | undefined =>
  messages === undefined || messages.callbacks.length === 0
    ? undefined
    : taker?.offer(connectionId, messages.callbacks.map(destinationOf));

/** Transitions and callbacks in the order given, which is the order of their ids. Callbacks are offered to `taker`. */
export function recordTurn(session: Session, connectionId: string, turn: TurnRecord, taker?: CallbackTaker): void {
  const { cancelled: ended = [], work = [], messages } = turn;
  // One statement cannot remove a row and put another in its place.
  const anew = ended.filter((kind) => work.some((asked) => asked.kind === kind));
  if (anew.length > 0) session.write(cancel, [connectionId, anew]);
  const places = offerTo(taker, connectionId, messages);
  const composed = toStatement({ connectionId, turn, anew, claim: toClaim(taker, places) });
  if (composed === undefined) return;
  let ids: { id: string }[] = [];
  session.write(composed.statement, composed.values, (rows) => {
    ids = rows as typeof ids;
  });
  if (places !== undefined)
    session.onEnd((committed) => places.end(committed ? toClaimed(ids, messages!.callbacks) : []));
}

/**
 * The rows that Iris leaves of a cycle's requests over NSI: what each of them has changed, its result, and its callback, which is marked as
 * delivered when it has been acknowledged.
 */
import { createSettlements, longestGatherMs } from '../../src/services/outbox/settlements.js';
import { lazily } from '../../src/store/commit-waiting.js';
import { viVocabulary } from '../../src/wire/nsi/namespaces.js';
import {
  type Asked,
  buildLater,
  free,
  hold,
  insertReservation,
  makeFirm,
  type Placed,
  placeInTurn,
  record,
  setStates,
  toCriteria,
  toPlacedVi,
  type Wanted,
} from '../cycle/rows.js';
import type { Stage } from '../cycle/stages.js';
import { openTransactions, type Run } from '../cycle/transactions.js';
import type { Behind, NsiHeader, NsiRequest } from './behind.js';
import { description, requesterNsa, type Step, stepNames, steps } from './messages.js';

const worker = 'floor';
const leaseMs = 60_000;

/** What a request of each step is called where it is kept, what it comes to, and what it changes besides. */
const turns: Record<Step, { operation: string; stage: Stage; change(run: Run, placed: Placed): Promise<void> }> = {
  reserve: { operation: 'nsi.reserve', stage: 'held', change: hold },
  reserveCommit: {
    ...{ operation: 'commit', stage: 'firm' },
    change: (run, { connectionId }) => makeFirm(run, connectionId),
  },
  provision: {
    ...{ operation: 'provision', stage: 'provisioned' },
    change: (run, { connectionId, start }) => buildLater(run, connectionId, start),
  },
  terminate: {
    ...{ operation: 'terminate', stage: 'ended' },
    change: (run, { connectionId }) => free(run, connectionId),
  },
};

/** As it is kept for queries, and queued. */
function toMessage(step: Step, placed: Placed): object {
  const { connectionId, start, end } = placed;
  const said = { kind: steps[step], connectionId };
  if (step !== 'reserve') return said;
  const held = { version: 1, start, end, criteria: toCriteria(placed), placed: toPlacedVi(placed) };
  return { ...said, description, criteria: { ...held, serviceType: viVocabulary.namespace } };
}

async function insertResult(run: Run, step: Step, { correlationId }: NsiHeader, connectionId: string, message: string) {
  await run(
    'result',
    `INSERT INTO nsi_result (connection_id, result_id, at, correlation_id, kind, message) VALUES ($1, $2, clock_timestamp(), $3, $4, $5)`,
    [connectionId, stepNames.indexOf(step) + 1, correlationId, steps[step], message],
  );
}

/** Claimed by who queues it. Resolves with its id. */
async function queueCallback(
  run: Run,
  step: Step,
  { correlationId, replyTo }: NsiHeader,
  connectionId: string,
  message: string,
): Promise<string> {
  const { rows } = await run(
    'callback',
    `INSERT INTO outbox (connection_id, requester_nsa, destination, reply_to, correlation_id, kind, message, locked_by, locked_until, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9 * interval '1 millisecond', 1) RETURNING id`,
    [
      ...[connectionId, requesterNsa, new URL(replyTo).origin, replyTo, correlationId, steps[step], message],
      ...[worker, leaseMs],
    ],
  );
  return rows[0].id;
}

const toWanted = ({ schedule, infrastructure }: NsiRequest['criteria']): Wanted => ({
  key: Number(infrastructure.segment.key),
  start: schedule.startTime,
  end: schedule.endTime,
});

const toAsked = ({ replyTo }: NsiHeader): Asked => ({
  requester: requesterNsa,
  automatic: false,
  told: { requesterNsa, replyTo, serviceType: viVocabulary.namespace, description },
});

export function createRows(url: string, nodes: number): Behind {
  const { run: runAlone, transact, close } = openTransactions(url);
  const place = placeInTurn(nodes);
  const kept = new Map<string, Placed>();
  const deliveries = createSettlements(async (ids) => {
    await runAlone(
      'deliver',
      `UPDATE outbox SET state = 'delivered', settled_at = clock_timestamp(), locked_by = NULL, locked_until = NULL
       FROM ${lazily} WHERE id = ANY ($1::bigint[])`,
      [ids],
    );
  }, longestGatherMs);

  return {
    async take(step, header, { connectionId: known, criteria }) {
      const placed = known === undefined ? place(toWanted(criteria)) : kept.get(known)!;
      const { connectionId } = placed;
      const { operation, stage, change } = turns[step];
      const request = { requester: requesterNsa, operation, correlationId: header.correlationId };
      const message = JSON.stringify(toMessage(step, placed));
      const answer = { outcome: 'served', reservation: { connectionId } };
      const callbackId = await transact(request, answer, async (run) => {
        if (step === 'reserve') await insertReservation(run, connectionId, toAsked(header));
        else await setStates(run, connectionId, stage, stepNames.indexOf(step) + 1);
        await change(run, placed);
        await record(run, request, connectionId, [stage]);
        await insertResult(run, step, header, connectionId, message);
        return queueCallback(run, step, header, connectionId, message);
      });
      if (step === 'terminate') kept.delete(connectionId);
      else kept.set(connectionId, placed);
      return { connectionId, callbackId };
    },
    acknowledged: ({ callbackId }) => deliveries.settle(callbackId!),
    close,
  };
}

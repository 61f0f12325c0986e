/** The rows of reserve, commit and terminate over rms, in the same three transactions. */
import { nic, vm } from '../cycle/messages.js';
import {
  buildLater,
  free,
  hold,
  insertReservation,
  makeFirm,
  type Placed,
  placeInTurn,
  record,
  setStates,
  type Wanted,
} from '../cycle/rows.js';
import { tenant } from '../cycle/site.js';
import { type Stage, stages } from '../cycle/stages.js';
import { openTransactions, type Request } from '../cycle/transactions.js';

/** As the answer shows it, and as it is kept for a repetition. */
function toDocument({ connectionId, key, start, end, node, port }: Placed, stage: Stage) {
  const { reservation, provision, lifecycle } = stages[stage].states;
  const version = stage === 'held' ? 'held' : 'committed';
  const now = new Date().toISOString();
  return {
    connectionId,
    tenant: tenant.name,
    requester: tenant.user,
    autoProvision: true,
    terminateOnRelease: true,
    states: {
      reservationState: reservation,
      ...(provision === null ? {} : { provisionState: provision }),
      lifecycleState: lifecycle,
      dataPlaneStatus: { active: false, version: 0, versionConsistent: true },
    },
    [version]: {
      version: 1,
      state: version,
      startTime: start,
      endTime: end,
      ...(stage === 'held' ? { holdExpires: end } : {}),
      segment: { key, encapsulation: 'gre' },
      vm: [{ ...vm, node, nic: [{ ...nic, port }] }],
    },
    createdAt: now,
    updatedAt: now,
  };
}

export function createRows(url: string, nodes: number) {
  const { transact, close } = openTransactions(url);
  const place = placeInTurn(nodes);
  const kept = new Map<string, Placed>();
  const toRequest = (operation: string, correlationId: string): Request => ({
    ...{ requester: tenant.user, operation, correlationId },
  });

  return {
    async reserve(correlationId: string, wanted: Wanted): Promise<object> {
      const placed = place(wanted);
      const { connectionId } = placed;
      kept.set(connectionId, placed);
      const request = toRequest('reserve', correlationId);
      const document = toDocument(placed, 'held');
      await transact(request, document, async (run) => {
        await insertReservation(run, connectionId, { requester: tenant.user, automatic: true });
        await hold(run, placed);
        await record(run, request, connectionId, ['held']);
      });
      return document;
    },

    async commit(correlationId: string, connectionId: string): Promise<object> {
      const placed = kept.get(connectionId)!;
      const request = toRequest('commit', correlationId);
      const document = toDocument(placed, 'provisioned');
      await transact(request, document, async (run) => {
        await makeFirm(run, connectionId);
        await setStates(run, connectionId, 'provisioned', 0);
        await record(run, request, connectionId, ['firm', 'provisioned']);
        await buildLater(run, connectionId, placed.start);
      });
      return document;
    },

    async terminate(correlationId: string, connectionId: string): Promise<object> {
      const placed = kept.get(connectionId)!;
      kept.delete(connectionId);
      const request = toRequest('terminate', correlationId);
      const document = toDocument(placed, 'ended');
      await transact(request, document, async (run) => {
        await free(run, connectionId);
        await setStates(run, connectionId, 'ended', 0);
        await record(run, request, connectionId, ['ended']);
      });
      return document;
    },

    close,
  };
}

export type Rows = ReturnType<typeof createRows>;

/** The operations of rms.wsdl: translate in, ask the Provider, translate out. Nothing is decided here. */
import type { Provider } from '../../domain/ports/provider.js';
import type { CallContext } from '../../domain/ports/store.js';
import type { Reservation } from '../../domain/reservation/reservation.js';
import type { RmsOperationName, RmsRequest, RmsResponse } from '../../wire/rms/types.js';
import { toCriteria, toReserveRequest } from './criteria-in.js';
import { fromExplained } from './explain-out.js';
import { fromNodeState } from './node-out.js';
import { fromOrphans } from './orphans-out.js';
import { fromHistoryEntry, fromRegistryEntry, fromReservation } from './reservation-out.js';
import { fromAvailability, fromSite } from './site-out.js';

type Operation<O extends RmsOperationName> = (
  provider: Provider,
  context: CallContext,
  request: RmsRequest<O>,
) => Promise<RmsResponse<O>>;

const defaultPageSize = 50;

const changed = (reservation: Reservation) => ({ reservation: fromReservation(reservation) });

type ChangeName = 'commit' | 'abort' | 'provision' | 'release' | 'terminate';
const change =
  (name: ChangeName): Operation<ChangeName> =>
  async (provider, context, request) =>
    changed(await provider[name](context, request.connectionId));

export const operations: { [O in RmsOperationName]: Operation<O> } = {
  reserve: async (provider, context, request) => changed(await provider.reserve(context, toReserveRequest(request))),

  modify: async (provider, context, { connectionId, version, criteria }) =>
    changed(
      await provider.modify(context, {
        connectionId,
        ...(version === undefined ? {} : { version }),
        criteria: toCriteria(criteria),
      }),
    ),

  commit: change('commit'),
  abort: change('abort'),
  provision: change('provision'),
  release: change('release'),
  terminate: change('terminate'),

  getReservation: async (provider, context, request) => {
    const view = await provider.getReservation(context, request.connectionId);
    return {
      reservation: fromReservation(view.reservation),
      segmentMtu: view.segmentMtu,
      vmStates: view.vmStates,
      registry: view.registry.map(fromRegistryEntry),
      history: view.history.map(fromHistoryEntry),
    };
  },

  listReservations: async (provider, context, request) => {
    const { reservations, next } = await provider.listReservations(context, {
      ...(request.tenant === undefined ? {} : { tenant: request.tenant }),
      ...(request.reservationStates.length === 0 ? {} : { reservationStates: request.reservationStates }),
      ...(request.lifecycleStates.length === 0 ? {} : { lifecycleStates: request.lifecycleStates }),
      ...(request.startTime === undefined ? {} : { from: request.startTime }),
      ...(request.endTime === undefined ? {} : { to: request.endTime }),
      page: {
        limit: request.pageSize ?? defaultPageSize,
        ...(request.after === undefined ? {} : { after: request.after }),
      },
    });
    return { reservations: reservations.map(fromReservation), next };
  },

  getSite: async (provider, context) => fromSite(await provider.getSite(context)),

  getAvailability: async (provider, context, request) =>
    fromAvailability(await provider.getAvailability(context, request.startTime, request.endTime)),

  planReservation: (provider, context, request) => provider.planReservation(context, toReserveRequest(request)),

  explain: async (provider, context, { connectionId, from, to, vlan }) =>
    fromExplained(
      await provider.explain(context, connectionId, {
        from: from.toLowerCase(),
        to: to.toLowerCase(),
        vlan: vlan ?? 0,
      }),
    ),

  listOrphans: async (provider, context) => fromOrphans(await provider.listOrphans(context)),
  resolveOrphan: async (provider, context, { id, action }) =>
    changed(await provider.resolveOrphan(context, id, action)),
  acceptDatabase: async (provider, context) => fromOrphans(await provider.acceptDatabase(context)),

  setNode: async (provider, context, { node, action }) => fromNodeState(await provider.setNode(context, node, action)),
};

/**
 * A site that is asked over NSI CS 2.0, as the coordinator sees it. What NSI does not tell is left open: the request names the site's gateway, and a
 * segment key that is taken is found out by asking for it. NSI's requester provisions and terminates by itself, so that commit and release
 * here do what rms.wsdl leaves to the site. What is repeated after an end half way must not be refused: where the reservation is to end with its
 * release, it is terminated, which takes it down as well, and is welcome in every state.
 */
import type { NotificationTold, NsiClient } from '../client/nsi/nsi-client.js';
import { NsiFault } from '../client/nsi/nsi-fault.js';
import type { WireOf } from '../wire/nsi/connection-types.js';
import { viVocabulary } from '../wire/nsi/namespaces.js';
import { infrastructure } from '../wire/nsi/vi.js';
import type { RmsRequest } from '../wire/rms/types.js';
import { toFragment } from '../wire/xml/write-xml.js';
import type { SiteFault } from './co-allocation.js';
import { deriveCorrelationId } from './correlation.js';
import type { SiteClient, SiteReservation } from './site-client.js';
import { toSiteFault } from './site-fault.js';

export interface NsiSiteOptions {
  name: string;
  client: NsiClient;
  /** Of the provider. */
  nsaId: string;
  /** What the request says; to be known also when its reservations are committed or released later. */
  autoProvision: boolean;
  terminateOnRelease: boolean;
  /** Which segment keys the site has, where the request says so. */
  segmentKeys?: { from: number; to: number } | undefined;
}

type Summary = WireOf<'querySummaryConfirmed'>['reservations'][number];
type Criteria = RmsRequest<'reserve'>['criteria'];

/** All that a segment key can be: which of them the site has it does not tell. */
const anyKey = { from: 1, to: 0xffffff };

function toReserve({ globalReservationId, description, criteria }: RmsRequest<'reserve'>): WireOf<'reserve'> {
  const { schedule, ...service }: Criteria = criteria;
  const { startTime, endTime } = schedule ?? {};
  return {
    globalReservationId,
    description,
    criteria: {
      schedule: { startTime, endTime },
      serviceType: viVocabulary.namespace,
      services: [toFragment(viVocabulary, 'infrastructure', infrastructure, service)],
    },
  };
}

type Problem = SiteReservation['errorEvent'];

/** Until it stands, the newest problem is the one that there is: a data plane that is down or in pieces is no news of it. */
function problemAfter(told: NotificationTold, before: Problem): Problem {
  if (told.kind === 'dataPlaneStateChange') {
    const { active, versionConsistent } = told.value.dataPlaneStatus;
    return active && versionConsistent ? undefined : before;
  }
  if (told.kind !== 'errorEvent') return before;
  const { timeStamp, event, additionalInfo, serviceException } = told.value;
  const info = Object.fromEntries((additionalInfo?.attributes ?? []).map(({ type, values }) => [type, values?.[0]]));
  return {
    timeStamp,
    event,
    node: info.node,
    text: serviceException?.text ?? event,
    permanent: info.permanent === 'true',
  };
}

export function createNsiSiteClient(options: NsiSiteOptions): SiteClient {
  const { name, client, nsaId, autoProvision, terminateOnRelease, segmentKeys = anyKey } = options;
  /** Connection id → the outcome of its reserve, while that is on its way. */
  const checking = new Map<string, Promise<unknown>>();
  const refusals = new Map<string, SiteFault>();
  const problems = new Map<string, Problem>();

  /** Once there is something to build: what keeps it is told by notifications. */
  function follow(connectionId: string): void {
    if (problems.has(connectionId)) return;
    problems.set(connectionId, undefined);
    client.follow(connectionId, (told) => {
      problems.set(connectionId, problemAfter(told, problems.get(connectionId)));
    });
  }

  const noteFailure = (connectionId: string, operation: string, failed: WireOf<'reserveFailed'>): void => {
    refusals.set(connectionId, toSiteFault(new NsiFault(operation, failed.serviceException)));
  };

  function toReservation({ connectionId, globalReservationId, connectionStates, criteria }: Summary): SiteReservation {
    const committed = criteria.at(-1);
    return {
      connectionId,
      globalReservationId,
      states: connectionStates,
      ...(committed === undefined ? {} : { committed }),
      errorEvent: problems.get(connectionId),
      refusal: refusals.get(connectionId),
    };
  }

  async function look(connectionId: string): Promise<{ reservation: SiteReservation }> {
    const { reservations } = await client.send('querySummarySync', {
      connectionIds: [connectionId],
      globalReservationIds: [],
    });
    const [found] = reservations;
    if (found !== undefined) return { reservation: toReservation(found) };
    const text = `there is no reservation ${connectionId}`;
    throw new NsiFault('querySummarySync', { nsaId, errorId: '00203', text, childExceptions: [] });
  }

  return {
    async getSite() {
      // Whether it may be asked at all is found out before anything is held anywhere.
      await client.send('querySummarySync', { connectionIds: ['-'], globalReservationIds: [] });
      return {
        site: name,
        gateways: [],
        externalPorts: [],
        segmentKeyFrom: segmentKeys.from,
        segmentKeyTo: segmentKeys.to,
      };
    },

    async getAvailability() {
      return { takenSegmentKeys: [] };
    },

    async reserve(request) {
      const { correlationId, globalReservationId } = request;
      const { response, outcome } = await client.begin('reserve', toReserve(request), { correlationId });
      const { connectionId } = response;
      const decided = outcome
        .then(({ kind, value }) => {
          if (kind === 'reserveFailed') noteFailure(connectionId, 'reserve', value);
        })
        .finally(() => checking.delete(connectionId));
      decided.catch(() => {});
      checking.set(connectionId, decided);
      const dataPlaneStatus = { active: false, version: 0, versionConsistent: true };
      const states = { reservationState: 'ReserveChecking', lifecycleState: 'Created', dataPlaneStatus } as const;
      return { reservation: { connectionId, globalReservationId, states } };
    },

    async getReservation({ connectionId }) {
      await checking.get(connectionId);
      const found = await look(connectionId);
      if (found.reservation.committed !== undefined) follow(connectionId);
      return found;
    },

    async listReservations({ globalReservationId }) {
      const { reservations } = await client.send('querySummarySync', {
        connectionIds: [],
        globalReservationIds: [globalReservationId],
      });
      return {
        reservations: reservations
          .filter(({ connectionStates }) => connectionStates.lifecycleState === 'Created')
          .map(toReservation),
      };
    },

    async commit({ correlationId, connectionId }) {
      const outcome = await client.perform('reserveCommit', { connectionId }, { correlationId });
      if (outcome.kind === 'reserveCommitFailed') noteFailure(connectionId, 'reserveCommit', outcome.value);
      else if (autoProvision)
        await client.begin(
          'provision',
          { connectionId },
          { correlationId: deriveCorrelationId(correlationId, 'provision') },
        );
      return look(connectionId);
    },

    async abort({ correlationId, connectionId }) {
      await client.perform('reserveAbort', { connectionId }, { correlationId });
      return look(connectionId);
    },

    async release({ correlationId, connectionId }) {
      await client.begin(terminateOnRelease ? 'terminate' : 'release', { connectionId }, { correlationId });
      return look(connectionId);
    },

    async terminate({ correlationId, connectionId }) {
      await client.begin('terminate', { connectionId }, { correlationId });
      return look(connectionId);
    },
  };
}

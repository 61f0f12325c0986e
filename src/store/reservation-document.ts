/** A reservation from the JSON document that the database makes of its row and versions (function reservation_document). */
import type { AwaitedAnswer } from '../domain/nsi/awaited.js';
import type {
  ErrorEvent,
  ReplacedVersion,
  Reservation,
  ReservationVersion,
} from '../domain/reservation/reservation.js';
import type { LifecycleState, ProvisionState, ReservationState } from '../domain/reservation/states.js';
import type { Criteria } from '../domain/vi/criteria.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';

interface VersionDocument {
  version: number;
  state: ReservationVersion['state'];
  start: string;
  end: string | null;
  hold_expires: string | null;
  criteria: Criteria & { schedule: { start?: string; end?: string } };
  placed: PlacedVi;
}

export interface ReservationDocument {
  connection_id: string;
  vi_number: number;
  global_reservation_id: string | null;
  description: string | null;
  tenant: string;
  requester: string;
  auto_provision: boolean;
  terminate_on_release: boolean;
  reservation_state: ReservationState;
  provision_state: ProvisionState | null;
  lifecycle_state: LifecycleState;
  data_plane_active: boolean;
  data_plane_version: number;
  data_plane_consistent: boolean;
  error_event: (Omit<ErrorEvent, 'at'> & { at: string }) | null;
  requester_nsa: string | null;
  reply_to: string | null;
  service_type: string | null;
  awaited: AwaitedAnswer[] | null;
  last_notification_id: number;
  last_result_id: number;
  created_at: string;
  updated_at: string;
  committed?: VersionDocument;
  held?: VersionDocument;
  /** Oldest first. */
  replaced?: VersionDocument[];
}

/** JSON has no dates; these are the only ones within criteria. */
function fromCriteria(criteria: VersionDocument['criteria']): Criteria {
  const { start, end } = criteria.schedule;
  const schedule = {
    ...(start === undefined ? {} : { start: new Date(start) }),
    ...(end === undefined ? {} : { end: new Date(end) }),
  };
  return { ...criteria, schedule };
}

const fromVersion = (document: VersionDocument): ReservationVersion => ({
  version: document.version,
  criteria: fromCriteria(document.criteria),
  placed: document.placed,
  start: new Date(document.start),
  ...(document.end === null ? {} : { end: new Date(document.end) }),
  state: document.state,
});

const fromReplaced = ({ version, placed }: VersionDocument): ReplacedVersion => ({ version, placed });

/** What only a reservation has that NSI has to do with. */
function fromNsiColumns(document: ReservationDocument): Pick<Reservation, 'nsi' | 'awaited' | 'lastIds'> {
  const {
    requester_nsa: requesterNSA,
    reply_to: replyTo,
    service_type: serviceType,
    awaited,
    last_notification_id: notification,
    last_result_id: result,
  } = document;
  const nsi = {
    ...(replyTo === null ? {} : { replyTo }),
    ...(serviceType === null ? {} : { serviceType }),
  };
  return {
    ...(requesterNSA === null ? {} : { nsi: { requesterNSA, ...nsi } }),
    ...(awaited === null ? {} : { awaited }),
    ...(notification === 0 && result === 0 ? {} : { lastIds: { notification, result } }),
  };
}

export function fromReservationDocument(document: ReservationDocument): Reservation {
  const { committed, held, replaced, error_event: errorEvent } = document;
  return {
    connectionId: document.connection_id,
    viNumber: document.vi_number,
    ...(document.global_reservation_id === null ? {} : { globalReservationId: document.global_reservation_id }),
    ...(document.description === null ? {} : { description: document.description }),
    tenant: document.tenant,
    requester: document.requester,
    autoProvision: document.auto_provision,
    terminateOnRelease: document.terminate_on_release,
    states: {
      reservation: document.reservation_state,
      ...(document.provision_state === null ? {} : { provision: document.provision_state }),
      lifecycle: document.lifecycle_state,
      dataPlane: {
        active: document.data_plane_active,
        version: document.data_plane_version,
        consistent: document.data_plane_consistent,
      },
    },
    ...(committed === undefined ? {} : { committed: fromVersion(committed) }),
    ...(held === undefined ? {} : { held: { ...fromVersion(held), holdExpires: new Date(held.hold_expires!) } }),
    ...(replaced === undefined ? {} : { replaced: replaced.map(fromReplaced) }),
    ...(errorEvent === null ? {} : { errorEvent: { ...errorEvent, at: new Date(errorEvent.at) } }),
    ...fromNsiColumns(document),
    createdAt: new Date(document.created_at),
    updatedAt: new Date(document.updated_at),
  };
}

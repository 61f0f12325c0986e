/** A reservation as the engine and the store know it. */
import type { AwaitedAnswer } from '../nsi/awaited.js';
import type { NsiOrigin } from '../nsi/nsi-call.js';
import type { Criteria, Encapsulation } from '../vi/criteria.js';
import type { PlacedVi } from '../vi/placed-vi.js';
import type { ConnectionStates } from './states.js';
import type { UnbootedVm } from './unbooted-vm.js';

/** Who asks, as the edge found out from the credential. */
export interface Requester {
  /** User name or certificate subject. */
  subject: string;
  /** Absent for an operator that acts for the site. */
  tenant?: string;
  role: 'tenant' | 'operator';
}

export interface ReservationVersion {
  version: number;
  criteria: Criteria;
  placed: PlacedVi;
  /** Effective start: the requested one, or the time of the request where that was absent or past. */
  start: Date;
  /** Absent: open-ended. */
  end?: Date;
  state: 'held' | 'committed' | 'dropped';
}

/** A version that another has taken the place of, while parts of it may still stand; what it set aside is not free before they are gone. */
export type ReplacedVersion = Pick<ReservationVersion, 'version' | 'placed'>;

/** Why a reservation is not as it should be, in NSI's errorEvent terms. */
export interface ErrorEvent {
  at: Date;
  event: 'activateFailed' | 'deactivateFailed' | 'dataplaneError' | 'forcedEnd';
  node?: string;
  text: string;
  /** Waiting will not cure it: what is wanted has been refused again and again. */
  permanent?: boolean;
  /** VMs of the version in force that have never run. */
  unbooted?: UnbootedVm[];
}

/** 0 where there is none yet. */
export interface LastIds {
  notification: number;
  result: number;
}

export interface Reservation {
  connectionId: string;
  viNumber: number;
  globalReservationId?: string;
  description?: string;
  tenant: string;
  requester: string;
  autoProvision: boolean;
  terminateOnRelease: boolean;
  states: ConnectionStates;
  /** The version in force; absent before the first commit. */
  committed?: ReservationVersion;
  /** The version held, between reserve and commit, abort or timeout. */
  held?: ReservationVersion & { holdExpires: Date };
  /** Oldest first; absent when nothing but the version in force can stand. */
  replaced?: ReplacedVersion[];
  /** The newest problem, until something has succeeded since. */
  errorEvent?: ErrorEvent;
  /** Who reserved it, where that was over NSI. */
  nsi?: NsiOrigin;
  /** NSI requests that are acknowledged and not yet answered, oldest first. */
  awaited?: AwaitedAnswer[];
  /** The newest ids of its NSI notifications and results; absent while there are none. */
  lastIds?: LastIds;
  createdAt: Date;
  updatedAt: Date;
}

export interface NodeCapacity {
  node: string;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

/** What is allocated on a node at its peak. */
export interface NodeLoad extends NodeCapacity {
  /** Nothing new is placed there. */
  cordoned?: boolean;
}

/** What point-to-point services may be promised of an STP at one time, in each direction. */
export interface StpCapacity {
  /** Local id. */
  stp: string;
  capacityMbit: number;
}

/** A label held over time: what `getAvailability` says is taken. */
export interface TakenLabels {
  segments: { key: number; encapsulation: Encapsulation }[];
  externalPortVlans: { name: string; vlan: number }[];
}

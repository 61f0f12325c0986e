/**
 * What the services ask of the database. A reservation's rows, its due work and its history commit in one transaction;
 * nothing is sent or built before that. Implemented by src/store on PostgreSQL.
 */
import type { AwaitedAnswer } from '../nsi/awaited.js';
import type { Callback, NsiNotification, RecordedResult } from '../nsi/messages.js';
import type { NsiCall, NsiOrigin } from '../nsi/nsi-call.js';
import type { RegistryEntry } from '../registry/registry-entry.js';
import type {
  ErrorEvent,
  LastIds,
  NodeCapacity,
  NodeLoad,
  Requester,
  Reservation,
  ReservationVersion,
  StpCapacity,
  TakenLabels,
} from '../reservation/reservation.js';
import type { ConnectionStates, LifecycleState, ReservationState } from '../reservation/states.js';
import type { RefusedIdentity } from './refused-identity.js';

/** A request's identity: the same (requester, correlationId) with the same digest is answered from the store. */
export interface RequestIdentity {
  requester: string;
  correlationId: string;
  operation: string;
  /** SHA-256 of the canonical request, hex. */
  digest: string;
}

export const dueWorkKinds = ['holdTimeout', 'reconcile', 'endTime'] as const;
export type DueWorkKind = (typeof dueWorkKinds)[number];

export interface DueWork {
  /** Of one (kind, connectionId) there is at most one; asking again may make it due earlier, never later. */
  kind: DueWorkKind;
  connectionId: string;
  runAt: Date;
}

export interface ClaimedWork extends DueWork {
  attempts: number;
}

export interface Transition {
  connectionId: string;
  machine: 'reservation' | 'provision' | 'lifecycle' | 'dataPlane';
  from: string;
  to: string;
  /** Who asked: the requester's subject, or `time`, or `reconciler`. */
  by: string;
  correlationId?: string;
  reason?: string;
}

export interface HistoryEntry extends Transition {
  at: Date;
}

export interface ReservationFilter {
  tenant?: string;
  connectionIds?: string[];
  /** Whose marks were found on a switch. */
  viNumbers?: number[];
  globalReservationId?: string;
  globalReservationIds?: string[];
  /** Leaves out what another NSA reserved; what was reserved over rms stays. */
  requesterNSA?: string;
  /** Changed after this instant. */
  modifiedSince?: Date;
  reservationStates?: ReservationState[];
  lifecycleStates?: LifecycleState[];
  /** Reservations whose interval overlaps [from, to). */
  from?: Date;
  to?: Date;
}

export interface Page {
  limit: number;
  /** Opaque, from the previous page. */
  after?: string;
}

export interface NewReservation {
  connectionId: string;
  viNumber: number;
  globalReservationId?: string;
  description?: string;
  tenant: string;
  requester: string;
  autoProvision: boolean;
  terminateOnRelease: boolean;
  states: ConnectionStates;
  nsi?: NsiOrigin;
}

/** Who said that nothing new shall be placed on a node, and when. */
export interface Cordon {
  node: string;
  at: Date;
  by: string;
}

/** A reservation with a place on a node; of several versions the most that it has there. */
export interface NodeHolder {
  connectionId: string;
  tenant: string;
  vms: number;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
  from: Date;
  /** Absent: until it is terminated. */
  until?: Date;
  /** It may have booted, and so has its disks there. */
  built: boolean;
}

/** How many rounds that changed something on a node there have been. */
export interface NodeRound {
  node: string;
  round: number;
}

/** The database was restored, and no operator has accepted it yet. */
export interface RestoredDatabase {
  since: Date;
  /** What told so. */
  reason: string;
  /** Of the reservation asked about: what is known of it is older than that. */
  isOlder: boolean;
}

/** What a turn has changed. */
export interface TurnRecord {
  /** Absent = unchanged. */
  states?: Partial<ConnectionStates>;
  /** Absent = unchanged, null = cleared. */
  errorEvent?: ErrorEvent | null;
  awaited?: AwaitedAnswer[] | null;
  lastIds?: LastIds;
  /** Where notifications go from now on. */
  replyTo?: string;
  transitions?: readonly Transition[];
  /** Of this reservation; before `work` is scheduled. */
  cancelled?: readonly DueWorkKind[];
  work?: readonly DueWork[];
  /** What there is to tell of it. */
  messages?: Messages;
}

/** What a turn has to tell: recorded for queries, and queued for who is to be called back. */
export interface Messages {
  notifications: readonly NsiNotification[];
  results: readonly (RecordedResult & { connectionId: string })[];
  callbacks: readonly Callback[];
}

export interface ClaimedCallback extends Callback {
  id: string;
  /** Scheme, host and port of `replyTo`: what is slow or down for one message is so for all to it. */
  destination: string;
  /** This one included. */
  attempts: number;
  /** How long it has been waiting, by the database's clock. */
  ageMs: number;
}

/** What a process may have under way. */
export interface CallbackRoom {
  /** In all. */
  limit: number;
  /** To one destination. */
  perDestination: number;
  /** Under way already, by destination; a destination that failed lately counts as full but for one. */
  taken: Readonly<Record<string, number>>;
}

/** Sends what its own process queues, without asking the database what there is. */
export interface CallbackTaker {
  /** Whose claims they are. */
  readonly worker: string;
  readonly leaseMs: number;
  /** Callbacks of one connection are about to be queued, each to one of these destinations: room for all of them, or none. */
  offer(connectionId: string, destinations: readonly string[]): CallbackPlaces | undefined;
}

export interface CallbackPlaces {
  /** Of this connection, under way in this process: what is queued may be claimed behind these, and behind nothing else. */
  readonly ahead: readonly string[];
  /** What was queued and claimed with it, once it is committed; nothing where it was not claimed, or is not known to be stored. */
  end(claimed: readonly ClaimedCallback[]): void;
}

export type MessageRange = { from?: number; to?: number };

export interface Locked {
  reservation: Reservation | undefined;
  /** The database's clock once the lock was had. */
  now: Date;
}

/**
 * One database transaction. Rows locked by `lockReservation` stay locked until it ends. What returns nothing may be on its way still when its
 * promise resolves: what comes after sees it done, and if it fails nothing of the transaction is done.
 */
export interface StoreTransaction {
  /** Called when the transaction has ended, however it did. */
  onEnd(listener: () => void): void;
  /** The database's clock at the transaction's present statement: what commit and timeout are judged by. */
  now(): Promise<Date>;

  /**
   * Claims a request's identity. `fresh`: it is ours to serve, finish with `answerRequest`. `answered`: it was served before.
   * `mismatch`: the same id was used with another body. Waits for a concurrent holder of the same identity to end.
   */
  claimRequest(
    identity: RequestIdentity,
  ): Promise<{ outcome: 'fresh' } | { outcome: 'answered'; answer: unknown } | { outcome: 'mismatch' }>;
  answerRequest(identity: RequestIdentity, answer: unknown): Promise<void>;

  nextViNumber(): Promise<number>;
  insertReservation(reservation: NewReservation): Promise<void>;
  /** A reservation that was made after the backup was, with the number that it has in flow cookies. */
  insertForgotten(reservation: NewReservation): Promise<void>;
  /** A version that is to be taken down, or parts of which are (`replaced`): it sets nothing aside. */
  insertStanding(
    connectionId: string,
    version: Omit<ReservationVersion, 'state'>,
    state: 'committed' | 'replaced',
  ): Promise<void>;
  /** The row locked FOR UPDATE with its versions. */
  lockReservation(connectionId: string): Promise<Locked>;
  findReservation(connectionId: string): Promise<Reservation | undefined>;
  recordTurn(connectionId: string, turn: TurnRecord): Promise<void>;

  /**
   * Stores a held version with its allocations (nodes, STPs, segment key, external ports + VLANs, MACs) over its interval. All or
   * nothing: throws IrisError stpUnavailable / capacityUnavailable naming what is taken, and the transaction can go on. `setAsideFrom`: of a
   * version that began before, nothing is taken in the past. The number of a dropped version may be used again.
   */
  holdVersion(connectionId: string, version: ReservationVersion, holdExpires: Date, setAsideFrom?: Date): Promise<void>;
  /**
   * The held version becomes the one in force. The one before is dropped; or it is `replaced`, and keeps what it has set aside until
   * `dropVersion`, because parts of it may still stand.
   */
  commitVersion(connectionId: string, version: number, before: 'dropped' | 'replaced'): Promise<void>;
  /** A version's allocations are dropped; its row stays for the history. */
  dropVersion(connectionId: string, version: number): Promise<void>;
  /** Everything the reservation has set aside is free again. */
  dropAllocations(connectionId: string): Promise<void>;

  /**
   * Peak of what is allocated on a node at any instant of [from, to), for those nodes that have anything then or are cordoned, in order of their names;
   * `except` leaves out one reservation's own.
   */
  peakLoad(from: Date, to: Date | undefined, except?: string): Promise<NodeLoad[]>;
  /** `except` leaves out one reservation's own. */
  takenLabels(from: Date, to: Date | undefined, except?: string): Promise<TakenLabels>;
  /** What a tenant has at its peak over [from, to), for limits; `except` leaves out one reservation's own. */
  tenantPeak(
    tenant: string,
    from: Date,
    to: Date | undefined,
    except?: string,
  ): Promise<{ vms: number; cpus: number; memoryMiB: number }>;

  /** The answer to a query. */
  queueCallback(callback: Callback): Promise<void>;
  /** It will not be tried again. False: it was settled already, or is another worker's. */
  abandonCallback(worker: string, callback: ClaimedCallback, reason: string): Promise<boolean>;
  scheduleWork(work: readonly DueWork[]): Promise<void>;
}

export interface Store {
  /** Capacity of the nodes as the site file has it. Lowering below what is promised is refused (IrisError, by whom it is held). */
  syncNodes(nodes: readonly NodeCapacity[]): Promise<void>;
  /** STPs whose capacity is accounted, as the site file has them. Lowering below what is promised is refused as for nodes. */
  syncStps(stps: readonly StpCapacity[]): Promise<void>;
  /** Nothing new is placed there from now on; or it is open again, where `by` is absent. Unknown nodes are left alone. */
  cordonNode(node: string, by: string | undefined): Promise<void>;
  listCordons(): Promise<Cordon[]>;
  /** Who has VMs there, or will have, the longest last. */
  listNodeHolders(node: string): Promise<NodeHolder[]>;
  /** This site's instance mark: a UUID made once with the database. */
  instance(): Promise<string>;

  /** Whether PostgreSQL is the one that this database was last accepted on. */
  isSameDatabase(): Promise<boolean>;
  /** If it is so still, the database is taken for a restored one until it is accepted; true if it was not before. VI numbers given away since the backup are left out. */
  suspectRestore(reason: string, seen: readonly NodeRound[]): Promise<boolean>;
  /** Undefined: all is well. */
  restoredDatabase(connectionId?: string): Promise<RestoredDatabase | undefined>;
  nodeRounds(): Promise<NodeRound[]>;
  /** Another round begins on these nodes; its numbers. */
  countRound(nodes: readonly string[]): Promise<NodeRound[]>;
  /** An operator says that what this database has is right. `seen`: the numbers that the nodes bear. */
  acceptDatabase(by: string, seen: readonly NodeRound[]): Promise<void>;
  /** Since when each has been seen; what is not seen any more is forgotten. */
  noteOrphans(seen: readonly { node: string; what: string }[]): Promise<{ node: string; what: string; since: Date }[]>;

  /** Runs `work` in one transaction, retried on serialization failure and deadlock. */
  transaction<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;

  findReservation(connectionId: string): Promise<Reservation | undefined>;
  listReservations(filter: ReservationFilter, page: Page): Promise<{ reservations: Reservation[]; next?: string }>;
  /** How many there are in each lifecycle state, those with none included. */
  countReservations(): Promise<Record<LifecycleState, number>>;
  /** Those whose VI should stand now or still stands: what a restart looks at. */
  listLive(): Promise<Reservation[]>;
  history(connectionId: string): Promise<HistoryEntry[]>;

  /**
   * Claims due work (SKIP LOCKED), of these kinds where some are given, under a lease; a claim not finished within its lease is another worker's. `finishWork` removes it unless it was
   * asked for again meanwhile; `retryWork` puts it off.
   */
  claimWork(worker: string, limit: number, leaseMs: number, kinds?: readonly DueWorkKind[]): Promise<ClaimedWork[]>;
  finishWork(worker: string, work: ClaimedWork): Promise<void>;
  retryWork(worker: string, work: ClaimedWork, runAt: Date): Promise<void>;
  /** Prolongs the lease of work that takes long. False: it ran out and the work may be another worker's now. */
  renewWork(worker: string, work: ClaimedWork, leaseMs: number): Promise<boolean>;
  /** When the next work is due, to sleep no longer than that. */
  nextDue(kinds?: readonly DueWorkKind[]): Promise<Date | undefined>;
  /** Called when any process has scheduled work (LISTEN/NOTIFY). */
  onWork(listener: () => void): void;

  /** In the order of their ids, both ends included. */
  notifications(connectionId: string, range: MessageRange): Promise<NsiNotification[]>;
  results(connectionId: string, range: MessageRange): Promise<RecordedResult[]>;

  /**
   * Claims callbacks that are due (SKIP LOCKED) under a lease: of each connection only the oldest that is not settled. `deliverCallbacks` settles them,
   * `retryCallback` puts one off, `returnCallbacks` lets go of those that were not tried.
   */
  claimCallbacks(worker: string, room: CallbackRoom, leaseMs: number): Promise<ClaimedCallback[]>;
  deliverCallbacks(worker: string, ids: readonly string[]): Promise<void>;
  retryCallback(worker: string, id: string, afterMs: number, reason: string): Promise<void>;
  returnCallbacks(worker: string, ids: readonly string[]): Promise<void>;
  /** What turns queue from now on is offered to it. */
  handCallbacksTo(taker: CallbackTaker | undefined): void;
  /** In how many milliseconds the next is due; undefined: nothing waits. */
  nextCallbackMs(): Promise<number | undefined>;
  /** Called when any process has queued callbacks (LISTEN/NOTIFY). */
  onCallback(listener: () => void): void;

  saveRegistry(connectionId: string, entries: readonly RegistryEntry[]): Promise<void>;
  loadRegistry(connectionId: string): Promise<RegistryEntry[]>;
  /** The same of many, in one look; those without an entry are left out. */
  loadRegistries(connectionIds: readonly string[]): Promise<Map<string, RegistryEntry[]>>;
  forgetRegistry(connectionId: string): Promise<void>;

  /** At most so many transitions that are older and whose reservation is over, the oldest first; returns how many. */
  pruneHistory(days: number, most: number): Promise<number>;
  /** At most so many answers that are older; a request repeated after that is a new one. */
  pruneRequests(days: number, most: number): Promise<number>;
  /** At most so many of each: notifications and results that are older and whose reservation is over, and callbacks settled longer ago. */
  pruneMessages(days: number, most: number): Promise<number>;

  recordRefusedIdentities(refused: readonly RefusedIdentity[]): Promise<void>;
  /** At most so many that are older, or beyond the 100,000 newest. */
  pruneRefusedIdentities(days: number, most: number): Promise<number>;

  /** Whether the database answers, and how long that took. */
  ping(): Promise<{ ok: boolean; tookMs: number; error?: string }>;
  close(): Promise<void>;
}

/** What a service call needs to know of the caller. */
export interface CallContext {
  requester: Requester;
  correlationId: string;
  /** Of a request that came over NSI. */
  nsi?: NsiCall;
}

/**
 * What the faces (rms.wsdl, NSI, the web page) may ask of the engine. Every operation answers at once with the reservation
 * as it then is; its states may still be on their way. All throw IrisError. Implemented by src/services.
 */

import type { SiteStp } from '../p2p/site-stps.js';
import type { RegistryEntry } from '../registry/registry-entry.js';
import type { NodeCapacity, Requester, Reservation } from '../reservation/reservation.js';
import type { LifecycleState, ReservationState } from '../reservation/states.js';
import type { Site } from '../site/site-file.js';
import type { Criteria } from '../vi/criteria.js';
import type { Accelerator, DomainState } from './compute-driver.js';
import type { FrameTrace, TraceQuestion } from './frame-trace.js';
import type { NetworkStatus, NodeNetworkPlan } from './network-driver.js';
import type { NsiProvider } from './nsi-provider.js';
import type { CallContext, Cordon, HistoryEntry, NodeHolder, Page } from './store.js';

export interface ReserveRequest {
  globalReservationId?: string;
  description?: string;
  /** Must agree with the credential; an operator may name any tenant of the site. */
  tenant?: string;
  autoProvision: boolean;
  terminateOnRelease: boolean;
  criteria: Criteria;
}

export interface ModifyRequest {
  connectionId: string;
  /** The version asked for; higher than the present one. Absent: the next. */
  version?: number;
  criteria: Criteria;
}

export interface ListRequest {
  tenant?: string;
  reservationStates?: ReservationState[];
  lifecycleStates?: LifecycleState[];
  from?: Date;
  to?: Date;
  page: Page;
}

/** `unseen`: its node does not answer; `missing`: its node does not have it. */
export type VmState = DomainState | 'shutDownByGuest' | 'missing' | 'unseen';

export interface VmStateView {
  name: string;
  node: string;
  state: VmState;
}

/** A reservation with what only its holder and the operator may see of the running VI. */
export interface ReservationView {
  reservation: Reservation;
  registry: RegistryEntry[];
  /** MTU that the segment's NICs and hosts must not exceed, bytes. Absent while there is no version. */
  segmentMtu?: number;
  /** How the VMs are now; none while the VI does not stand. */
  vmStates: VmStateView[];
  history: HistoryEntry[];
}

/** A node as capability: what it offers, not how it is reached. */
export interface NodeView extends NodeCapacity {
  gateway: boolean;
  /** Nothing new is placed there. */
  cordoned: boolean;
  /** Absent while the node does not answer. */
  accelerator?: Accelerator;
  nested?: boolean;
  /** Name of the process that its switch has accepted as its master; absent where none that lives is. */
  master?: string;
}

export interface SiteView {
  site: string;
  version: string;
  nodes: NodeView[];
  gateways: { node: string; address: string }[];
  externalPorts: Pick<Site['externalPorts'][number], 'name' | 'node' | 'vlans' | 'mtu'>[];
  images: string[];
  encapsulations: Site['segments']['encapsulations'];
  peers: { site: string; gateways: string[] }[];
  segmentKeys: { from: number; to: number };
}

/** What could be reserved over the whole of [from, to). */
export interface AvailabilityView {
  from: Date;
  to?: Date;
  nodes: { node: string; free: NodeCapacity; total: NodeCapacity }[];
  takenSegmentKeys: number[];
  takenExternalPortVlans: { name: string; vlan: number }[];
}

/** How a frame finds its way in a reservation's segment, at this site. */
export interface ExplainView extends FrameTrace {
  connectionId: string;
  tenant: string;
  segmentKey: number;
}

export interface PlanView {
  /** VM → node, as a reserve at this instant would place them. */
  placement: { vm: string; node: string }[];
  domains: { node: string; vm: string; xml: string }[];
  network: NodeNetworkPlan[];
  segmentMtu: number;
}

/** `drain`: cordoned, and what was never built is placed elsewhere where there is room. Running VMs are not moved. */
export type NodeAction = 'cordon' | 'uncordon' | 'drain';

export interface NodeState {
  node: string;
  cordon?: Omit<Cordon, 'node'>;
  /** As in NodeView. */
  master?: string;
  /** By a drain, just now. */
  moved: string[];
  /** What has a place there, now or later. */
  holders: NodeHolder[];
}

/**
 * `unknown` to the database; or, while a restored one is not accepted, known to it as `over`, or known to the nodes in a `newer` version.
 */
export type OrphanState = 'unknown' | 'over' | 'newer';
export type OrphanAction = 'adopt' | 'remove';

/** One thing on one node that bears our mark and is not as the database has it. */
export interface Orphan {
  /** Connection id of its VI; `vi-7` where nothing but its number is known. */
  id: string;
  state: OrphanState;
  node: string;
  what: string;
  seenSince: Date;
  viNumber?: number;
  tenant?: string;
  /** The newest that the nodes bear, and when its time is over. */
  version?: number;
  end?: Date;
  /** The nodes bear enough of it for it to become a reservation again. */
  adoptable: boolean;
}

export interface OrphansView {
  /** The database was restored, and no operator has accepted it yet. */
  restored?: { since: Date; reason: string };
  orphans: Orphan[];
}

export interface Provider {
  reserve(context: CallContext, request: ReserveRequest): Promise<Reservation>;
  modify(context: CallContext, request: ModifyRequest): Promise<Reservation>;
  commit(context: CallContext, connectionId: string): Promise<Reservation>;
  abort(context: CallContext, connectionId: string): Promise<Reservation>;
  provision(context: CallContext, connectionId: string): Promise<Reservation>;
  release(context: CallContext, connectionId: string): Promise<Reservation>;
  terminate(context: CallContext, connectionId: string): Promise<Reservation>;
  getReservation(context: CallContext, connectionId: string): Promise<ReservationView>;
  listReservations(context: CallContext, request: ListRequest): Promise<{ reservations: Reservation[]; next?: string }>;
  getSite(context: CallContext): Promise<SiteView>;
  /** STPs that the requester may use, VIs of its own among them; without one, those that everybody may. */
  listStps(requester: Requester | undefined): Promise<SiteStp[]>;
  getSoftwareVersion(): string;
  getAvailability(context: CallContext, from: Date | undefined, to: Date | undefined): Promise<AvailabilityView>;
  planReservation(context: CallContext, request: ReserveRequest): Promise<PlanView>;
  /** For whoever may see the reservation. */
  explain(context: CallContext, connectionId: string, question: TraceQuestion): Promise<ExplainView>;
  /** For operators. Said twice is the same as said once. */
  setNode(context: CallContext, node: string, action: NodeAction): Promise<NodeState>;
  /** The same engine as NSI requesters see it. */
  nsi: NsiProvider;
  /** For operators, as are the next two. */
  listOrphans(context: CallContext): Promise<OrphansView>;
  /** Adopted, it is a reservation again; removed, it is one that is being terminated. */
  resolveOrphan(context: CallContext, id: string, action: OrphanAction): Promise<Reservation>;
  /** What the database says holds; what the nodes bear beyond it is over or unknown. */
  acceptDatabase(context: CallContext): Promise<OrphansView>;
}

export interface ProcessesHealth {
  /** This one. */
  process: string;
  /** The one that changes nodes and is master of their switches; absent while nobody is. */
  leader?: string;
  /** Whether that is this one; otherwise it stands by. */
  leads: boolean;
  all: { name: string; startedAt: Date; alive: boolean }[];
}

/** What GET /health tells. */
export interface HealthView {
  ok: boolean;
  database: { ok: boolean; tookMs: number; error?: string };
  switches: NetworkStatus[];
  /** What bears our mark on a node but is unknown to the database; reported, never removed. Absent before the first look. */
  /** Which processes there are on this database, and which of them changes nodes. Absent where there can be only one. */
  processes?: ProcessesHealth;
  quarantined?: { node: string; what: string }[];
  /** VIs that are over and still stand, more at once than the site file lets one round remove: an operator is asked. */
  heldBack?: string[];
  /** The database was restored, and no operator has accepted it yet. */
  restored?: { since: Date; reason: string; advice: string };
}

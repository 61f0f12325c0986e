/** The schema as this version of Iris knows it: its entities, and the migrations that lead to it. */
import type { MigrationInterface } from 'typeorm';
import { SiteAndNodes1795305600001 } from '../../migrations/1795305600001-site-and-nodes.js';
import { Reservations1795305600002 } from '../../migrations/1795305600002-reservations.js';
import { LabelAllocations1795305600003 } from '../../migrations/1795305600003-label-allocations.js';
import { CapacityGuard1795305600004 } from '../../migrations/1795305600004-capacity-guard.js';
import { WorkAndHistory1795305600005 } from '../../migrations/1795305600005-work-and-history.js';
import { Views1795305600006 } from '../../migrations/1795305600006-views.js';
import { ReplacedVersions1795305600007 } from '../../migrations/1795305600007-replaced-versions.js';
import { CordonedNodes1795305600008 } from '../../migrations/1795305600008-cordoned-nodes.js';
import { PruningAndArchive1795305600009 } from '../../migrations/1795305600009-pruning-and-archive.js';
import { NsiMessages1795305600010 } from '../../migrations/1795305600010-nsi-messages.js';
import { StpCapacity1795305600011 } from '../../migrations/1795305600011-stp-capacity.js';
import { SiteLease1795305600012 } from '../../migrations/1795305600012-site-lease.js';
import { RestoredDatabase1795305600013 } from '../../migrations/1795305600013-restored-database.js';
import { QuickCycle1795305600014 } from '../../migrations/1795305600014-quick-cycle.js';
import { LabelsByReservation1795305600019 } from '../../migrations/1795305600019-labels-by-reservation.js';
import { CallbacksInHand1795305600021 } from '../../migrations/1795305600021-callbacks-in-hand.js';
import { RefusedIdentities1795305600022 } from '../../migrations/1795305600022-refused-identities.js';
import { SameHoweverMuchIsStored1795305600023 } from '../../migrations/1795305600023-same-however-much-is-stored.js';
import { ArchivedReservationRow } from './entities/archived-reservation.js';
import { DueWorkRow } from './entities/due-work.js';
import { ExternalPortAllocationRow } from './entities/external-port-allocation.js';
import { HistoryRow } from './entities/history.js';
import { MacAllocationRow } from './entities/mac-allocation.js';
import { NodeRow } from './entities/node.js';
import { NodeAllocationRow } from './entities/node-allocation.js';
import { NodeRoundRow } from './entities/node-round.js';
import { NsiNotificationRow } from './entities/nsi-notification.js';
import { NsiResultRow } from './entities/nsi-result.js';
import { OrphanRow } from './entities/orphan.js';
import { OutboxRow } from './entities/outbox.js';
import { ProcessRow } from './entities/process.js';
import { RefusedIdentityRow } from './entities/refused-identity.js';
import { RegistryEntryRow } from './entities/registry-entry.js';
import { RequestRow } from './entities/request.js';
import { ReservationRow } from './entities/reservation.js';
import { ReservationVersionRow } from './entities/reservation-version.js';
import { SegmentAllocationRow } from './entities/segment-allocation.js';
import { SiteInstanceRow } from './entities/site-instance.js';
import { SiteLeaseRow } from './entities/site-lease.js';
import { StpRow } from './entities/stp.js';
import { StpAllocationRow } from './entities/stp-allocation.js';
import { SwitchMasterRow } from './entities/switch-master.js';
import { VmRow } from './entities/vm.js';

export const entities = [
  ArchivedReservationRow,
  DueWorkRow,
  ExternalPortAllocationRow,
  HistoryRow,
  MacAllocationRow,
  NodeAllocationRow,
  NodeRoundRow,
  NodeRow,
  NsiNotificationRow,
  NsiResultRow,
  OutboxRow,
  ProcessRow,
  OrphanRow,
  RefusedIdentityRow,
  RegistryEntryRow,
  RequestRow,
  ReservationRow,
  ReservationVersionRow,
  SegmentAllocationRow,
  SiteInstanceRow,
  StpAllocationRow,
  StpRow,
  SiteLeaseRow,
  SwitchMasterRow,
  VmRow,
];

export const migrations: (new () => MigrationInterface & { name: string })[] = [
  SiteAndNodes1795305600001,
  Reservations1795305600002,
  LabelAllocations1795305600003,
  CapacityGuard1795305600004,
  WorkAndHistory1795305600005,
  Views1795305600006,
  ReplacedVersions1795305600007,
  CordonedNodes1795305600008,
  PruningAndArchive1795305600009,
  NsiMessages1795305600010,
  StpCapacity1795305600011,
  SiteLease1795305600012,
  RestoredDatabase1795305600013,
  QuickCycle1795305600014,
  LabelsByReservation1795305600019,
  CallbacksInHand1795305600021,
  RefusedIdentities1795305600022,
  SameHoweverMuchIsStored1795305600023,
];

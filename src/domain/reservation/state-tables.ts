/**
 * The state machines of NSI CS 2.0 as tables: reservation, provision, lifecycle, data plane. Read by `step`, by the property
 * tests and by the drawing in docs/state-machines.md. A row without change of state says that the message is welcome there.
 */
import type { LifecycleState, ProvisionState, ReservationState } from './states.js';

/** Who sends a message is part of its type; time is a sender like any other. */
export const messageTypes = [
  'requester.reserve',
  'requester.commit',
  'requester.abort',
  'requester.provision',
  'requester.release',
  'requester.terminate',
  'timer.holdTimeout',
  'timer.endTime',
  'engine.held',
  'engine.refused',
  'engine.committed',
  'engine.aborted',
  'reconciler.awaitingStart',
  'reconciler.building',
  'reconciler.built',
  'reconciler.builtBeside',
  'reconciler.failed',
  'reconciler.removed',
  'operator.forcedEnd',
] as const;
export type MessageType = (typeof messageTypes)[number];

/** Work that a transition asks for; the services know how. */
export const outputTypes = [
  'startHoldTimer',
  'stopHoldTimer',
  'startEndTimer',
  'commitHold',
  'dropHold',
  'freeAll',
  'dropReplaced',
  'build',
  'tearDown',
] as const;
export type OutputType = (typeof outputTypes)[number];

export type MachineName = 'reservation' | 'provision' | 'lifecycle' | 'dataPlane';

/** `none`: before the first commit there is nothing to provision. */
export type ProvisionRowState = ProvisionState | 'none';
export type DataPlaneState = 'inactive' | 'active';

export interface Row<S extends string = string> {
  from: S;
  on: MessageType;
  to: S;
  outputs?: readonly OutputType[];
}

const reservation: readonly Row<ReservationState>[] = [
  { from: 'ReserveStart', on: 'requester.reserve', to: 'ReserveChecking' },
  { from: 'ReserveChecking', on: 'engine.held', to: 'ReserveHeld', outputs: ['startHoldTimer', 'startEndTimer'] },
  { from: 'ReserveChecking', on: 'engine.refused', to: 'ReserveFailed' },
  {
    from: 'ReserveHeld',
    on: 'requester.commit',
    to: 'ReserveCommitting',
    outputs: ['stopHoldTimer', 'commitHold'],
  },
  { from: 'ReserveCommitting', on: 'engine.committed', to: 'ReserveStart', outputs: ['startEndTimer'] },
  { from: 'ReserveHeld', on: 'requester.abort', to: 'ReserveAborting', outputs: ['stopHoldTimer', 'dropHold'] },
  { from: 'ReserveFailed', on: 'requester.abort', to: 'ReserveAborting' },
  { from: 'ReserveTimeout', on: 'requester.abort', to: 'ReserveAborting' },
  { from: 'ReserveAborting', on: 'engine.aborted', to: 'ReserveStart' },
  { from: 'ReserveHeld', on: 'timer.holdTimeout', to: 'ReserveTimeout', outputs: ['dropHold'] },
  { from: 'ReserveHeld', on: 'timer.endTime', to: 'ReserveTimeout', outputs: ['stopHoldTimer', 'dropHold'] },
  { from: 'ReserveHeld', on: 'requester.terminate', to: 'ReserveStart', outputs: ['stopHoldTimer', 'dropHold'] },
  { from: 'ReserveHeld', on: 'operator.forcedEnd', to: 'ReserveStart', outputs: ['stopHoldTimer', 'dropHold'] },
];

const provision: readonly Row<ProvisionRowState>[] = [
  { from: 'none', on: 'engine.committed', to: 'Released' },
  // What only the version before has is taken away, in whatever state the new one is committed.
  { from: 'Released', on: 'engine.committed', to: 'Released', outputs: ['tearDown'] },
  { from: 'Releasing', on: 'engine.committed', to: 'Releasing', outputs: ['tearDown'] },
  { from: 'Provisioning', on: 'engine.committed', to: 'Provisioning', outputs: ['build'] },
  { from: 'Provisioned', on: 'engine.committed', to: 'Provisioned', outputs: ['build'] },
  { from: 'Released', on: 'requester.provision', to: 'Provisioning', outputs: ['build'] },
  { from: 'Provisioning', on: 'reconciler.awaitingStart', to: 'Provisioned', outputs: ['dropReplaced'] },
  { from: 'Provisioned', on: 'reconciler.awaitingStart', to: 'Provisioned', outputs: ['dropReplaced'] },
  { from: 'Provisioning', on: 'reconciler.building', to: 'Provisioning' },
  { from: 'Provisioned', on: 'reconciler.building', to: 'Provisioned' },
  { from: 'Provisioning', on: 'reconciler.built', to: 'Provisioned', outputs: ['dropReplaced'] },
  { from: 'Provisioned', on: 'reconciler.built', to: 'Provisioned', outputs: ['dropReplaced'] },
  // It stands, and something of a version before stands beside it on a node that has no part in it any more.
  { from: 'Provisioning', on: 'reconciler.builtBeside', to: 'Provisioned' },
  { from: 'Provisioned', on: 'reconciler.builtBeside', to: 'Provisioned' },
  { from: 'Provisioning', on: 'reconciler.failed', to: 'Provisioning' },
  { from: 'Provisioned', on: 'reconciler.failed', to: 'Provisioned' },
  // Wider than NSI, which releases only what is Provisioned: what cannot be built must not be a trap.
  { from: 'Provisioning', on: 'requester.release', to: 'Releasing', outputs: ['tearDown'] },
  { from: 'Provisioned', on: 'requester.release', to: 'Releasing', outputs: ['tearDown'] },
  { from: 'Provisioning', on: 'requester.terminate', to: 'Releasing' },
  { from: 'Provisioned', on: 'requester.terminate', to: 'Releasing' },
  { from: 'Provisioning', on: 'timer.endTime', to: 'Releasing' },
  { from: 'Provisioned', on: 'timer.endTime', to: 'Releasing' },
  { from: 'Provisioning', on: 'operator.forcedEnd', to: 'Releasing' },
  { from: 'Provisioned', on: 'operator.forcedEnd', to: 'Releasing' },
  { from: 'Releasing', on: 'reconciler.removed', to: 'Released', outputs: ['dropReplaced'] },
  { from: 'Released', on: 'reconciler.removed', to: 'Released', outputs: ['dropReplaced'] },
];

const lifecycle: readonly Row<LifecycleState>[] = [
  { from: 'Created', on: 'requester.terminate', to: 'Terminating', outputs: ['tearDown'] },
  { from: 'Created', on: 'timer.endTime', to: 'PassedEndTime', outputs: ['tearDown'] },
  { from: 'Created', on: 'operator.forcedEnd', to: 'Failed', outputs: ['tearDown'] },
  { from: 'PassedEndTime', on: 'requester.terminate', to: 'Terminating', outputs: ['tearDown'] },
  { from: 'PassedEndTime', on: 'reconciler.removed', to: 'PassedEndTime', outputs: ['freeAll'] },
  { from: 'Failed', on: 'requester.terminate', to: 'Terminating', outputs: ['tearDown'] },
  { from: 'Failed', on: 'reconciler.removed', to: 'Failed', outputs: ['freeAll'] },
  { from: 'Terminating', on: 'reconciler.removed', to: 'Terminated', outputs: ['freeAll'] },
];

/** Active only while Provisioned and between start and end (NSI CS 2.0, provision state machine). */
const dataPlane: readonly Row<DataPlaneState>[] = [
  { from: 'inactive', on: 'reconciler.built', to: 'active' },
  { from: 'inactive', on: 'reconciler.builtBeside', to: 'active' },
  { from: 'active', on: 'reconciler.failed', to: 'inactive' },
  { from: 'active', on: 'reconciler.awaitingStart', to: 'inactive' },
  { from: 'active', on: 'requester.release', to: 'inactive' },
  { from: 'active', on: 'requester.terminate', to: 'inactive' },
  { from: 'active', on: 'timer.endTime', to: 'inactive' },
  { from: 'active', on: 'operator.forcedEnd', to: 'inactive' },
];

export const stateTables = { reservation, provision, lifecycle, dataPlane } as const;

/** Where a connection begins; and where it may stay for ever. Every other state must have a row that leaves it. */
export const initialStates = {
  reservation: 'ReserveStart',
  provision: 'none',
  lifecycle: 'Created',
  dataPlane: 'inactive',
} as const satisfies Record<MachineName, string>;
export const finalStates: readonly LifecycleState[] = ['Terminated'];

/**
 * Whether a message is allowed is decided by one machine: it must have a row for it; the others follow where they have one. `any`: a
 * row in any machine will do.
 */
export const decidingMachine: Record<MessageType, MachineName | 'any'> = {
  'requester.reserve': 'reservation',
  'requester.commit': 'reservation',
  'requester.abort': 'reservation',
  'requester.provision': 'provision',
  'requester.release': 'provision',
  'requester.terminate': 'lifecycle',
  'timer.holdTimeout': 'reservation',
  'timer.endTime': 'lifecycle',
  'engine.held': 'reservation',
  'engine.refused': 'reservation',
  'engine.committed': 'reservation',
  'engine.aborted': 'reservation',
  'reconciler.awaitingStart': 'provision',
  'reconciler.building': 'provision',
  'reconciler.built': 'provision',
  'reconciler.builtBeside': 'provision',
  'reconciler.failed': 'provision',
  'reconciler.removed': 'any',
  'operator.forcedEnd': 'lifecycle',
};

/** Messages that are still heard once the reservation is over (lifecycle other than Created). */
export const heardAfterwards: ReadonlySet<MessageType> = new Set(['requester.terminate', 'reconciler.removed']);

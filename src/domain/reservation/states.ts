/** The four state machines' states, in NSI CS 2.0's spelling (ogf_nsi_connection_types_v2_0.xsd). */
export const reservationStates = [
  'ReserveStart',
  'ReserveChecking',
  'ReserveHeld',
  'ReserveCommitting',
  'ReserveFailed',
  'ReserveTimeout',
  'ReserveAborting',
] as const;
export type ReservationState = (typeof reservationStates)[number];

export const provisionStates = ['Released', 'Provisioning', 'Provisioned', 'Releasing'] as const;
export type ProvisionState = (typeof provisionStates)[number];

export const lifecycleStates = ['Created', 'Failed', 'PassedEndTime', 'Terminating', 'Terminated'] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

export interface ConnectionStates {
  reservation: ReservationState;
  /** Absent until the first version is committed: there is nothing to provision before (NSI CS 2.0 §provision state machine). */
  provision?: ProvisionState;
  lifecycle: LifecycleState;
  /** NSI dataPlaneStatus: `version` is the one built, `consistent` whether every node has it. */
  dataPlane: { active: boolean; version: number; consistent: boolean };
}

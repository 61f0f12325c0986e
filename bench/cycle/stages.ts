/** What a reservation of a cycle comes through, in this order: the states that it has then, and the transitions that lead there. */
export type Stage = 'held' | 'firm' | 'provisioned' | 'ended';

export interface States {
  reservation: string;
  provision: string | null;
  lifecycle: string;
}

interface Change {
  machine: string;
  from: string;
  to: string;
  by: 'requester' | 'engine' | 'reconciler';
  reason?: string;
}

const neverBuilt = 'nothing of it was ever built';

export const stages: Readonly<Record<Stage, { states: States; changes: readonly Change[] }>> = {
  held: {
    states: { reservation: 'ReserveHeld', provision: null, lifecycle: 'Created' },
    changes: [
      { machine: 'reservation', from: 'ReserveStart', to: 'ReserveChecking', by: 'requester' },
      { machine: 'reservation', from: 'ReserveChecking', to: 'ReserveHeld', by: 'engine' },
    ],
  },
  firm: {
    states: { reservation: 'ReserveStart', provision: 'Released', lifecycle: 'Created' },
    changes: [
      { machine: 'reservation', from: 'ReserveHeld', to: 'ReserveCommitting', by: 'requester' },
      { machine: 'reservation', from: 'ReserveCommitting', to: 'ReserveStart', by: 'engine' },
      { machine: 'provision', from: 'none', to: 'Released', by: 'engine' },
    ],
  },
  provisioned: {
    states: { reservation: 'ReserveStart', provision: 'Provisioned', lifecycle: 'Created' },
    changes: [
      { machine: 'provision', from: 'Released', to: 'Provisioning', by: 'requester' },
      { machine: 'provision', from: 'Provisioning', to: 'Provisioned', by: 'reconciler' },
    ],
  },
  ended: {
    states: { reservation: 'ReserveStart', provision: 'Released', lifecycle: 'Terminated' },
    changes: [
      { machine: 'provision', from: 'Provisioned', to: 'Releasing', by: 'requester' },
      { machine: 'lifecycle', from: 'Created', to: 'Terminating', by: 'requester' },
      { machine: 'provision', from: 'Releasing', to: 'Released', by: 'reconciler', reason: neverBuilt },
      { machine: 'lifecycle', from: 'Terminating', to: 'Terminated', by: 'reconciler', reason: neverBuilt },
    ],
  },
};

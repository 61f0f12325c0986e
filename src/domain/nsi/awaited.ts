/** Requests whose outcome is still on its way, and what becomes of them as the states move on. Pure. */

import type { MessageType } from '../reservation/state-tables.js';
import type { ConnectionStates } from '../reservation/states.js';
import type { NsiCall } from './nsi-call.js';

export const awaitedOperations = ['provision', 'release', 'terminate'] as const;
export type AwaitedOperation = (typeof awaitedOperations)[number];

/** Stored with the reservation, so that the outcome finds its way also after a restart. */
export interface AwaitedAnswer extends NsiCall {
  operation: AwaitedOperation;
  correlationId: string;
}

export type Outcome = 'confirmed' | 'superseded' | undefined;

const isOver = ({ lifecycle }: ConnectionStates): boolean => lifecycle !== 'Created';

/** Undefined: still on its way. Superseded: it will not come any more, because something else was asked for, or time ran out. */
const outcomes: Record<AwaitedOperation, (states: ConnectionStates) => Outcome> = {
  provision: (states) => {
    if (states.provision === 'Provisioned') return 'confirmed';
    return states.provision === 'Provisioning' && !isOver(states) ? undefined : 'superseded';
  },
  // Also where the reservation ends meanwhile: what was to be taken down is.
  release: ({ provision }) => (provision === 'Releasing' ? undefined : 'confirmed'),
  terminate: ({ lifecycle }) => (lifecycle === 'Terminated' ? 'confirmed' : undefined),
};

export const deriveOutcome = (operation: AwaitedOperation, states: ConnectionStates): Outcome =>
  outcomes[operation](states);

export const confirmationOf = {
  provision: 'provisionConfirmed',
  release: 'releaseConfirmed',
  terminate: 'terminateConfirmed',
} as const satisfies Record<AwaitedOperation, string>;

/** The message by which each begins. */
export const beginningOf: Partial<Record<MessageType, AwaitedOperation>> = {
  'requester.provision': 'provision',
  'requester.release': 'release',
  'requester.terminate': 'terminate',
};

/** A callback as whoever takes them is given it, and what is made of it: what the requester's face and the requester itself have in common. */
import type { WireOf } from './connection-types.js';
import type { WireHeader } from './framework-types.js';
import type { RequesterOperation } from './operations.js';

/** A message that a provider sent of its own accord, held to its schema. */
export type WireCallback = {
  [E in RequesterOperation]: { header: WireHeader; element: E; value: WireOf<E> };
}[RequesterOperation];

/** Absent: no client certificate of an authority of ours. */
export interface CallbackSender {
  /** As `openssl x509 -noout -subject -nameopt RFC2253` prints it. */
  subject?: string;
}

/** `taken` also where there is nothing more to do about it: heard before, or for a request that has ended. A refusal has changed nothing. */
export type CallbackVerdict =
  | 'taken'
  | {
      refused: 'payload' | 'reservationNonexistent' | 'authenticationFailure' | 'unauthorized';
      what: string;
      variables: Record<string, string>;
    };

export interface CallbackTaker {
  take(callback: WireCallback, sender: CallbackSender): CallbackVerdict;
}

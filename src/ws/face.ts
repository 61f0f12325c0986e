/** What a face is to the web service: bytes of a request in, text of an answer out, whatever the request was. */
import type { Requester } from '../domain/reservation/reservation.js';
import type { HeaderToWrite } from '../wire/nsi/messages.js';
import type { PeerConnection } from './security/authenticate.js';
import type { Refusal } from './soap/refusal.js';

export interface FaceRequest {
  bytes: Uint8Array;
  charset: string | undefined;
  connection: PeerConnection;
}

/** What is known of a request so far; filled in as it is understood, for logs, metrics and the fault. */
export interface Call {
  operation?: string;
  requester?: Requester;
  correlationId?: string;
  connectionId?: string;
  requesterNSA?: string;
  /** Of a callback. */
  providerNSA?: string;
  /** Who sent it: IP address, and subject of the client certificate. */
  sender?: { address?: string; certificate?: string };
  /** The header of whatever is answered. */
  answerHeader?: HeaderToWrite;
}

export interface Face {
  /** The answering message. Throws a Refusal for everything else; `call` is filled in either way. */
  answer(request: FaceRequest, call: Call): Promise<string>;
  /** The fault that tells a refusal. */
  fault(refusal: Refusal, call: Call): string;
  dispose(): void;
}

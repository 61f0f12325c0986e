/** What stands behind the floor: nothing, or rows. */
import { randomUUID } from 'node:crypto';
import type { Step } from './messages.js';

export interface NsiHeader {
  correlationId: string;
  replyTo: string;
}

/** Of a request, as the soap package reads it, what anybody behind the floor looks at. */
export interface NsiRequest {
  /** Of everything but reserve. */
  connectionId?: string;
  /** Of reserve. */
  criteria: {
    schedule: { startTime: string; endTime: string };
    infrastructure: { segment: { key: string } };
  };
}

export interface Taken {
  connectionId: string;
  /** Under which the callback is kept, where it is. */
  callbackId?: string;
}

export interface Behind {
  /** Before the request is answered. */
  take(step: Step, header: NsiHeader, request: NsiRequest): Promise<Taken>;
  /** After its callback was. */
  acknowledged(taken: Taken): Promise<void>;
  close(): Promise<void>;
}

export const nothing: Behind = {
  take: async (_step, _header, { connectionId = randomUUID() }) => ({ connectionId }),
  acknowledged: async () => {},
  close: async () => {},
};

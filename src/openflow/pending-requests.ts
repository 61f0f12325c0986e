/** Requests that wait for their answer, by xid. Each has a deadline; none survives its connection. */
import { nameOfError } from '../wire/openflow/error-names.js';
import type { Received, ReceivedMessage } from '../wire/openflow/message-codec.js';
import type { WireError } from '../wire/wire-error.js';
import { OpenflowError } from './openflow-error.js';

/** What an answer leads to; undefined when more of it is to come. May throw. */
export type Accept<T> = (message: ReceivedMessage, bytes: number) => T | undefined;

export interface PendingRequests {
  has(xid: number): boolean;
  wait<T>(xid: number, what: string, deadlineMs: number, accept: Accept<T>): Promise<T>;
  /** These return whether anyone was waiting. */
  answer(message: ReceivedMessage, bytes: number): boolean;
  refuse(error: Received<'error'>): boolean;
  unreadable(xid: number, error: WireError): boolean;
  rejectAll(reason: string): void;
}

interface Pending {
  what: string;
  timer: NodeJS.Timeout;
  accept: Accept<unknown>;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function createPendingRequests(nameOfSwitch: () => string): PendingRequests {
  const pending = new Map<number, Pending>();
  let closedBecause: string | undefined;

  function settle(xid: number): Pending | undefined {
    const request = pending.get(xid);
    if (request === undefined) return undefined;
    clearTimeout(request.timer);
    pending.delete(xid);
    return request;
  }

  const failure = (kind: 'refused' | 'deadline' | 'closed' | 'unreadable', what: string): OpenflowError =>
    new OpenflowError(kind, nameOfSwitch(), what);

  return {
    has: (xid) => pending.has(xid),
    wait: <T>(xid: number, what: string, deadlineMs: number, accept: Accept<T>) =>
      new Promise<T>((resolve, reject) => {
        if (closedBecause !== undefined) return reject(failure('closed', `${what}: ${closedBecause}`));
        const timer = setTimeout(() => {
          settle(xid)?.reject(failure('deadline', `${what}: no answer within ${deadlineMs} ms`));
        }, deadlineMs);
        pending.set(xid, { what, timer, accept, resolve: resolve as (value: unknown) => void, reject });
      }),
    answer(message, bytes) {
      const request = pending.get(message.xid);
      if (request === undefined) return false;
      try {
        const value = request.accept(message, bytes);
        if (value !== undefined) settle(message.xid)?.resolve(value);
      } catch (error) {
        settle(message.xid)?.reject(error as Error);
      }
      return true;
    },
    refuse(error) {
      const request = settle(error.xid);
      const answer = { errorType: error.error_type, errorCode: error.error_code };
      const what = `${request?.what}: ${nameOfError(answer.errorType, answer.errorCode)}`;
      request?.reject(new OpenflowError('refused', nameOfSwitch(), what, [], answer));
      return request !== undefined;
    },
    unreadable(xid, error) {
      const request = settle(xid);
      request?.reject(failure('unreadable', `${request.what}: ${error.message}`));
      return request !== undefined;
    },
    rejectAll(reason) {
      closedBecause = reason;
      for (const xid of [...pending.keys()]) {
        const request = settle(xid);
        request?.reject(failure('closed', `${request.what}: ${reason}`));
      }
    },
  };
}

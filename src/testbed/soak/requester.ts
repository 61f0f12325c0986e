/**
 * A tenant's client that does not give up: where no answer came, the same request goes out again with the same correlation id, to
 * whichever process is there. So in the end every request has one answer, and what it said is what Iris is held to.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRmsClient, type RmsClient } from '../../client/rms-client.js';
import { RmsFault } from '../../client/rms-fault.js';
import type { RmsOperationName, RmsRequest, RmsResponse } from '../../wire/rms/types.js';
import { passwordOf, type TenantName } from './site-under-soak.js';

export interface Requester {
  tenant: TenantName;
  /** Throws RmsFault where the service refused. */
  ask<O extends RmsOperationName>(operation: O, request: RmsRequest<O>): Promise<RmsResponse<O>>;
  /** How often no answer came. */
  unanswered(): number;
  close(): void;
}

/** A stopped process holds the connection and says nothing. */
const answerMs = 5_000;
const patienceMs = 120_000;
const pauseMs = 150;

/** The service itself could not, its database being away, say: that is no answer to what was asked. */
const isNoAnswer = (error: unknown): boolean => !(error instanceof RmsFault) || error.errorId.startsWith('005');

export function createRequester(tenant: TenantName, urls: readonly string[], signal: AbortSignal): Requester {
  const clients: RmsClient[] = urls.map((url) =>
    createRmsClient({ url, user: tenant, password: passwordOf(tenant), timeoutMs: answerMs }),
  );
  let turn = 0;
  let unanswered = 0;
  return {
    tenant,
    unanswered: () => unanswered,
    async ask<O extends RmsOperationName>(operation: O, request: RmsRequest<O>): Promise<RmsResponse<O>> {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        signal.throwIfAborted();
        turn += 1;
        try {
          const call = clients[turn % clients.length]![operation] as (message: unknown) => Promise<RmsResponse<O>>;
          return await call(request);
        } catch (error) {
          if (!isNoAnswer(error)) throw error;
          unanswered += 1;
          if (Date.now() > deadline)
            throw new Error(`${operation}: no answer in ${patienceMs / 1000} s`, { cause: error });
        }
        await sleep(pauseMs);
      }
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

/**
 * Sends what is in the outbox: claimed from the database, in order per connection, tried again with backoff, and given up in the end.
 * Several processes may do so at once. A crash loses nothing: what was claimed is claimed again when its lease ends, so that a requester may
 * hear a message twice, but never not at all.
 */
import { randomUUID } from 'node:crypto';
import { checkCallbackAddress, isAllowedAddress } from '../../domain/nsi/callback-address.js';
import type { CallbackWriter } from '../../domain/ports/callback-writer.js';
import type { ClaimedCallback } from '../../domain/ports/store.js';
import { createDeadline } from '../../lib/deadline.js';
import { createPoster } from '../../lib/http-post.js';
import { createAlarm } from '../alarm.js';
import { deriveBackoffMs } from '../backoff.js';
import type { SiteContext } from '../site-context.js';
import { createDestinations } from './destinations.js';
import { giveUp } from './give-up.js';
import { createSettlements } from './settlements.js';
import { createTlsIdentity } from './tls-identity.js';

export interface Delivery {
  start(): void;
  /** Claims no more, and leaves what does not end soon to the next start. */
  stop(): Promise<void>;
}

/** However quiet, look this often: a notification may be lost with its connection. */
const longestSleepMs = 5_000;
/** Due, but not claimable: another process has it, or its destination has no room here. */
const shortestSleepMs = 200;
const afterFailureMs = 1_000;
/** Beyond the time of an attempt, for writing down what came of it. */
const leaseMarginMs = 10_000;
const fewestAttempts = 3;
const stopGraceMs = 1_000;
const mostAnswerBytes = 64 * 1024;

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

const toReason = (error: unknown): string => {
  const { name, message, code } = error as Partial<Error & { code: string }>;
  if (name === 'TimeoutError' || name === 'AbortError') return 'did not answer in time';
  return [code, message].filter((text) => text !== undefined && text !== '').join(': ') || String(error);
};

export function createDelivery({ site, store, clock, log }: SiteContext, writer: CallbackWriter): Delivery {
  const limits = site.nsi?.delivery;
  if (limits === undefined) return { start: () => {}, stop: async () => {} };
  const { perDestination, parallel } = limits;
  const timeoutMs = limits.timeoutSeconds * 1000;
  const giveUpMs = limits.giveUpSeconds * 1000;
  const leaseMs = timeoutMs + leaseMarginMs;

  const worker = randomUUID();
  const tls = createTlsIdentity(site, clock, log);
  const poster = createPoster({ perHost: perDestination, mostBytes: mostAnswerBytes, tls });
  const destinations = createDestinations();
  const settleDelivered = createSettlements((ids) => store.deliverCallbacks(worker, ids));
  const alarm = createAlarm();
  const stopped = new AbortController();
  const running = new Set<Promise<void>>();
  let stopping = false;
  let loop: Promise<void> | undefined;

  /** Why it did not arrive; undefined if it did. */
  async function attempt(callback: ClaimedCallback): Promise<string | undefined> {
    const { replyTo, requesterNSA } = callback;
    const deadline = createDeadline(timeoutMs, stopped.signal);
    try {
      // The list may have changed since it was queued.
      checkCallbackAddress(replyTo, requesterNSA, site);
      const url = new URL(replyTo);
      const answer = await poster.post({
        url,
        ...writer.write(callback),
        signal: deadline.signal,
        isAllowed: (address) => isAllowedAddress(url, address, requesterNSA, site),
      });
      if (isRedirect(answer.status)) return `answered ${answer.status}: redirects are not followed`;
      return writer.complaintAbout(answer);
    } catch (error) {
      return toReason(error);
    } finally {
      deadline.release();
    }
  }

  async function settleFailed(callback: ClaimedCallback, reason: string): Promise<void> {
    const { id, attempts, ageMs, destination, connectionId, message } = callback;
    const isFinal = attempts >= fewestAttempts && ageMs >= giveUpMs;
    const told = { callback: id, kind: message.kind, destination, connectionId, attempts, reason };
    if (isFinal) {
      log.warn(told, 'callback given up');
      await giveUp(store, worker, callback, reason);
    } else {
      log.debug(told, 'callback not delivered');
      await store.retryCallback(worker, id, deriveBackoffMs(attempts), reason);
    }
  }

  async function run(callback: ClaimedCallback): Promise<void> {
    destinations.begin(callback.destination);
    const reason = await attempt(callback);
    try {
      if (reason === undefined) await settleDelivered(callback.id);
      else await settleFailed(callback, reason);
    } catch (error) {
      log.error(
        { err: error, callback: callback.id },
        'callback could not be settled; it is sent again when its lease ends',
      );
    } finally {
      destinations.end(callback.destination, reason === undefined);
    }
  }

  function begin(callback: ClaimedCallback): void {
    const task = run(callback).finally(() => {
      running.delete(task);
      alarm.ring();
    });
    running.add(task);
  }

  async function runRound(): Promise<void> {
    alarm.clear();
    const limit = parallel - destinations.count;
    if (limit <= 0) return alarm.sleep(longestSleepMs);
    const room = { limit, perDestination, taken: destinations.taken(perDestination) };
    const claimed = await store.claimCallbacks(worker, room, leaseMs);
    for (const callback of claimed) begin(callback);
    // Behind what fills a destination, messages for others may have been out of sight.
    if (claimed.length >= Math.min(limit, perDestination)) return;
    // What runs rings when it ends, which is soon.
    const nextMs = running.size > 0 ? shortestSleepMs : ((await store.nextCallbackMs()) ?? longestSleepMs);
    await alarm.sleep(Math.min(longestSleepMs, Math.max(shortestSleepMs, nextMs)));
  }

  async function runLoop(): Promise<void> {
    while (!stopping)
      await runRound().catch(async (error: unknown) => {
        log.error({ err: error }, 'callbacks could not be claimed');
        alarm.clear();
        await alarm.sleep(afterFailureMs);
      });
  }

  return {
    start() {
      store.onCallback(alarm.ring);
      loop ??= runLoop();
    },
    async stop() {
      stopping = true;
      alarm.ring();
      await loop;
      const grace = setTimeout(() => stopped.abort(), stopGraceMs);
      await Promise.all(running);
      clearTimeout(grace);
      poster.close();
    },
  };
}

/**
 * Sends what is in the outbox, in order per connection, tried again with backoff, and given up in the end. What this process queues it
 * claims in the same statement and sends as soon as that is committed; everything else is claimed from the database. Several processes may do
 * so at once. A crash loses nothing: what was claimed is claimed again when its lease ends, or when who has the site's lease finds its sender gone, so that a requester may hear a message twice, but
 * never not at all.
 */
import type { CallbackWriter } from '../../domain/ports/callback-writer.js';
import type { CallbackPlaces, ClaimedCallback } from '../../domain/ports/store.js';
import { type Alarm, createAlarm } from '../alarm.js';
import { deriveBackoffMs } from '../backoff.js';
import type { SiteContext } from '../site-context.js';
import { createAttempts } from './attempt.js';
import { createDestinations } from './destinations.js';
import { giveUp } from './give-up.js';
import { createLines } from './lines.js';
import { createPlaces, type Origin } from './places.js';
import { createSettlements, longestGatherMs } from './settlements.js';

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
/** Beyond the time of an attempt: for waiting for a place, and for writing down what came of it. */
const leaseMarginMs = 10_000;
const fewestAttempts = 3;
const stopGraceMs = 1_000;
/** Of what is in hand for a destination: as often as there are places at it. */
const handsPerPlace = 4;

const goAhead = Promise.resolve(true);

/** What came of a message that was to be sent. Not sent: it is left to whoever claims it next. */
type Result = 'arrived' | 'failed' | 'given up' | 'not sent';

export interface DeliveryOptions {
  /** Unique among all processes on this database. */
  worker: string;
  alarm?: Alarm;
  /** How long what has arrived waits at most to be written down with others. */
  gatherMs?: number;
}

export function createDelivery(
  context: SiteContext,
  writer: CallbackWriter,
  { worker, alarm = createAlarm(), gatherMs = longestGatherMs }: DeliveryOptions,
): Delivery {
  const { site, store, log } = context;
  const limits = site.nsi?.delivery;
  if (limits === undefined) return { start: () => {}, stop: async () => {} };
  const { perDestination, parallel } = limits;
  const timeoutMs = limits.timeoutSeconds * 1000;
  const giveUpMs = limits.giveUpSeconds * 1000;
  const leaseMs = timeoutMs + leaseMarginMs;

  const stopped = new AbortController();
  const attempts = createAttempts(context, writer, limits, stopped.signal);
  const destinations = createDestinations();
  const places = createPlaces(perDestination);
  const lines = createLines();
  const settlements = createSettlements((ids) => store.deliverCallbacks(worker, ids), gatherMs);
  const running = new Set<Promise<void>>();
  /** What waits in the database may be behind what this process has of these connections. */
  const watched = new Set<string>();
  let heard = true;
  /** The last round had no room. */
  let isFull = false;
  let stopping = false;
  let loop: Promise<void> | undefined;

  /** What is claimed from the database is under way, wherever it waits; what is in hand from its place on. */
  const underWay = (): number => destinations.count('database') + places.count('hand');

  async function settleFailed(callback: ClaimedCallback, reason: string): Promise<Result> {
    const { id, attempts: count, ageMs, destination, connectionId, message } = callback;
    const isFinal = count >= fewestAttempts && ageMs >= giveUpMs;
    const told = { callback: id, kind: message.kind, destination, connectionId, attempts: count, reason };
    if (isFinal) {
      log.warn(told, 'callback given up');
      await giveUp(store, worker, callback, reason);
      return 'given up';
    }
    log.debug(told, 'callback not delivered');
    await store.retryCallback(worker, id, deriveBackoffMs(count), reason);
    return 'failed';
  }

  /** What is behind it, here or in the database, goes when it is written down. */
  const isFollowed = ({ id, connectionId }: ClaimedCallback): boolean =>
    connectionId !== undefined && (watched.has(connectionId) || lines.of(connectionId).at(-1)?.id !== id);

  /** At its place, if there is one while the lease lasts for a whole attempt; and written down. */
  async function send(callback: ClaimedCallback, origin: Origin, leaseEndMs: number): Promise<Result> {
    const { id, destination } = callback;
    await places.enter(destination, origin);
    let reason: string | undefined;
    try {
      if (stopping || performance.now() + timeoutMs > leaseEndMs) return 'not sent';
      // One that fails is tried by one message at a time.
      const isInTheWay = destinations.isFailing(destination) || underWay() > parallel;
      if (origin === 'hand' && isInTheWay) return 'not sent';
      reason = await attempts.make(callback);
      destinations.note(destination, reason === undefined);
    } finally {
      places.leave(destination, origin);
    }
    if (reason !== undefined) return settleFailed(callback, reason);
    const settled = settlements.settle(id);
    if (origin === 'database' || stopping || isFollowed(callback)) settlements.hurry();
    await settled;
    return 'arrived';
  }

  /** `ahead`: whether all that is before it has arrived. */
  async function run(
    callback: ClaimedCallback,
    origin: Origin,
    leaseEndMs: number,
    ahead: Promise<boolean>,
  ): Promise<Result> {
    const { id } = callback;
    try {
      const result = (await ahead) ? await send(callback, origin, leaseEndMs) : 'not sent';
      if (result === 'not sent') await store.returnCallbacks(worker, [id]);
      return result;
    } catch (error) {
      log.error({ err: error, callback: id }, 'callback could not be settled; it is sent again when its lease ends');
      return 'failed';
    }
  }

  /** What waits behind all that this process has of a connection may be claimed when the last of it has left. */
  const isAwaited = (connectionId: string | undefined): boolean =>
    connectionId !== undefined && lines.of(connectionId).length === 0 && watched.delete(connectionId);

  /** Resolves with whether what is behind it may go. */
  function begin(callback: ClaimedCallback, origin: Origin, leaseEndMs: number, ahead = goAhead): Promise<boolean> {
    const { id, connectionId, destination } = callback;
    const arrived = lines.join(connectionId, id, async () => {
      const result = await run(callback, origin, leaseEndMs, ahead);
      destinations.end(destination, origin);
      if (result === 'given up') destinations.forget(destination);
      return result === 'arrived';
    });
    const task = arrived.then((itDid) => {
      running.delete(task);
      // Asked whatever else holds: it is forgotten by this.
      const wasAwaited = isAwaited(connectionId);
      if (origin === 'database' || !itDid || isFull || wasAwaited) alarm.ring();
    });
    running.add(task);
    return arrived;
  }

  /** Room for what this process is about to queue for a connection. */
  function offer(connectionId: string, wanted: readonly string[]): CallbackPlaces | undefined {
    const isCrowded = (destination: string): boolean =>
      destinations.isFailing(destination) ||
      destinations.count('hand', destination) + wanted.length > handsPerPlace * perDestination;
    const count = destinations.count('database') + destinations.count('hand');
    if (stopping || count + wanted.length > parallel || wanted.some(isCrowded)) return undefined;
    const before = lines.of(connectionId);
    if (before.length > 0) settlements.hurry();
    const leaseEndMs = performance.now() + leaseMs;
    for (const destination of wanted) destinations.begin(destination, 'hand');
    return {
      ahead: before.map(({ id }) => id),
      end(claimed) {
        if (claimed.length === 0) for (const destination of wanted) destinations.end(destination, 'hand');
        let ahead = Promise.all(before.map(({ arrived }) => arrived)).then((all) => all.every(Boolean));
        for (const callback of claimed) ahead = begin(callback, 'hand', leaseEndMs, ahead);
        // What they are behind may have arrived since they were offered.
        if (claimed.length > 0) settlements.hurry();
      },
    };
  }

  async function runRound(): Promise<void> {
    alarm.clear();
    const limit = parallel - underWay();
    isFull = limit <= 0;
    if (isFull) return alarm.sleep(longestSleepMs);
    if (heard) {
      for (const connectionId of lines.connections()) watched.add(connectionId);
      settlements.hurry();
    }
    heard = false;
    const room = { limit, perDestination, taken: destinations.taken(perDestination) };
    const leaseEndMs = performance.now() + leaseMs;
    const claimed = await store.claimCallbacks(worker, room, leaseMs);
    for (const callback of claimed) {
      destinations.begin(callback.destination, 'database');
      void begin(callback, 'database', leaseEndMs);
    }
    // Behind what fills a destination, messages for others may have been out of sight.
    if (claimed.length >= Math.min(limit, perDestination)) return;
    // What runs rings when it ends, which is soon.
    const isBusy = destinations.count('database') > 0;
    const nextMs = isBusy ? shortestSleepMs : ((await store.nextCallbackMs()) ?? longestSleepMs);
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
      store.onCallback(() => {
        heard = true;
        alarm.ring();
      });
      store.handCallbacksTo({ worker, leaseMs, offer });
      loop ??= runLoop();
    },
    async stop() {
      stopping = true;
      settlements.hurry();
      store.handCallbacksTo(undefined);
      alarm.ring();
      await loop;
      const grace = setTimeout(() => stopped.abort(), stopGraceMs);
      await Promise.all(running);
      clearTimeout(grace);
      attempts.close();
    },
  };
}

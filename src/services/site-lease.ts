/**
 * This process's part in the site's lease: says again and again that it lives, takes the lease when nobody has it, and tells when it came
 * and when it went. What is *done* with the lease is the engine's business.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../domain/errors/driver-error.js';
import type { ProcessesHealth } from '../domain/ports/provider.js';
import type { LeaseStore, NewProcess, ProcessView, SiteLease } from '../domain/ports/site-lease.js';
import { createLateAnswers } from '../domain/site/late-lease-answers.js';
import type { Log } from '../lib/log.js';
import { createAlarm } from './alarm.js';

export interface LeaseEvents {
  /** From now on this process changes nodes. */
  taken(generation: bigint): void;
  /** Another has it. */
  lost(): void;
  /** Another process came or left: switches want to know its controllers. */
  processesChanged(): void;
}

export interface SiteLeaseKeeper extends SiteLease {
  /** Resolves when it is clear who has the lease: this process, or another that lives. */
  start(events: LeaseEvents): Promise<void>;
  health(): ProcessesHealth;
  /** The name of the process that a node's switch has as its master. */
  masterOf(node: string): string | undefined;
  /** Due work and callbacks that others began and can finish no more are free again. Those of who is found gone later are freed then, by whoever leads. */
  freeClaims(): Promise<void>;
  /** The lease goes to whoever asks next. */
  stop(): Promise<void>;
}

export interface SiteLeaseOptions {
  store: LeaseStore;
  self: NewProcess;
  log: Log;
  /** How long a process that was stopped, or cut off from the database, keeps others waiting. A killed one does not. */
  leaseMs?: number;
}

const defaultLeaseMs = 3_000;
/** So many times within a lease it is renewed. */
const beatsPerLease = 8;
/** What was held when it was asked for is held for this part of a lease at least: see LeaseStore.hold. */
const heldFor = 1 / 2;
/** A session that was made again is known to the others only after a beat. */
const refusalsUntilLost = 2;
/** A session may be lost and made again: only who is gone at this many looks in a row is taken for dead. */
const looksUntilGone = 2;
/** A process may be away for a while without its switches being told that its controller is gone. */
const forgetAfterLeases = 20;

export function createSiteLease({ store, self, log, leaseMs = defaultLeaseMs }: SiteLeaseOptions): SiteLeaseKeeper {
  const { process } = self;
  const beatMs = leaseMs / beatsPerLease;
  let events: LeaseEvents | undefined;
  let view: ProcessView | undefined;
  let generation: bigint | undefined;
  let gone = { generation: -1n, looks: 0 };
  /** At how many looks in a row the sessions of processes were gone. */
  let looksGone: ReadonlyMap<string, number> = new Map();
  let known = '';
  let beats = 0;
  let beating: Promise<void> = Promise.resolve();
  let stopping = false;
  const alarm = createAlarm();
  const listeners: (() => void)[] = [];

  function setGeneration(now: bigint | undefined): void {
    generation = now;
    for (const listener of listeners) listener();
  }

  function become(now: bigint | undefined): void {
    if (now === generation) return;
    setGeneration(now);
    if (now === undefined) {
      log.warn({ process: self.name }, 'another process has the lease of this site: standing by');
      events?.lost();
    } else {
      log.info({ process: self.name, generation: String(now) }, 'this process has the lease of this site');
      events?.taken(now);
    }
  }

  /** The generation in which its owner was seen to be gone often enough. */
  function deriveGone({ lease }: ProcessView): bigint | undefined {
    if (!lease.ownerGone) gone = { generation: -1n, looks: 0 };
    else gone = { generation: lease.generation, looks: gone.generation === lease.generation ? gone.looks + 1 : 1 };
    return gone.looks >= looksUntilGone ? gone.generation : undefined;
  }

  const listGone = (isEnough: (looks: number) => boolean): string[] =>
    [...looksGone].flatMap(([known, looks]) => (isEnough(looks) ? [known] : []));

  function noteProcesses({ processes }: ProcessView): void {
    looksGone = new Map(
      processes.flatMap((known) => (known.alive ? [] : [[known.process, (looksGone.get(known.process) ?? 0) + 1]])),
    );
    const found = JSON.stringify(processes.map(({ controllers }) => controllers));
    const isNews = known !== '' && found !== known;
    known = found;
    if (isNews) events?.processesChanged();
  }

  async function beat(): Promise<void> {
    view = await store.beat(self, leaseMs);
    noteProcesses(view);
    const { lease } = view;
    // What was raised while we looked is newer than what we saw.
    if (lease.owner === process) {
      beats += 1;
      if (beats % beatsPerLease === 0) await store.forgetSilent(leaseMs * forgetAfterLeases);
      become(generation !== undefined && generation > lease.generation ? generation : lease.generation);
      const newlyGone = listGone((looks) => looks === looksUntilGone);
      if (newlyGone.length > 0) await store.freeClaims(process, newlyGone);
      return;
    }
    become(undefined);
    const ownerGone = deriveGone(view);
    if (lease.owner !== undefined && !lease.expired && ownerGone === undefined) return;
    const taken = await store.take(process, leaseMs, ownerGone);
    if (taken === undefined) return;
    view = await store.beat(self, leaseMs);
    become(taken);
  }

  /** One after the other: the later one's view is the newer. */
  function beatNow(): Promise<void> {
    beating = beating.then(beat).catch((error) => log.warn({ err: error }, 'the database does not know that we live'));
    return beating;
  }

  async function run(): Promise<void> {
    while (!stopping) {
      alarm.clear();
      await beatNow();
      // Who seems to be dead is looked at again soon.
      await alarm.sleep(gone.looks > 0 ? beatMs / 2 : beatMs);
    }
  }

  const isClear = (): boolean =>
    generation !== undefined || (view?.lease.owner !== undefined && !view.lease.ownerGone && !view.lease.expired);

  let running: Promise<void> | undefined;

  return {
    generation: () => generation,
    heldMs: leaseMs * heldFor,
    onChange: (listener) => void listeners.push(listener),
    async ensure() {
      const isLate = createLateAnswers(leaseMs * heldFor);
      for (let refusals = 0; generation !== undefined && refusals < refusalsUntilLost; ) {
        const mine = generation;
        const askedMs = performance.now();
        const isHeld = await store.hold(process, mine, leaseMs);
        if (isHeld) {
          if (isLate(askedMs)) continue;
          return mine;
        }
        refusals += 1;
        await beatNow();
      }
      throw new DriverError('transient', 'iris', 'another process has the lease of this site and goes on with this');
    },
    async raise(seen) {
      const raised = await store.raise(process, seen);
      if (raised === undefined)
        throw new DriverError('transient', 'iris', 'another process has the lease of this site and goes on with this');
      log.warn({ seen: String(seen), generation: String(raised) }, 'a node knew a newer generation than the database');
      setGeneration(raised);
      return raised;
    },
    controllers(node) {
      const all = [self, ...(view?.processes ?? [])].flatMap(({ controllers }) => controllers[node] ?? []);
      return [...new Set(all)].sort();
    },
    noteMaster(node, accepted) {
      store
        .noteMaster({ node, process, generation: accepted })
        .catch((error) => log.warn({ err: error, node }, 'the database does not know who is master of this switch'));
    },
    async start(given) {
      events = given;
      store.onChange(alarm.ring);
      await beatNow();
      if (view === undefined) await beating.then(beat);
      running = run();
      while (!isClear() && !stopping) await sleep(beatMs);
    },
    health() {
      const leader = view?.processes.find((known) => known.process === view?.lease.owner);
      return {
        process: self.name,
        ...(leader === undefined ? {} : { leader: leader.name }),
        leads: generation !== undefined,
        all: (view?.processes ?? []).map(({ name, startedAt, alive }) => ({ name, startedAt, alive })),
      };
    },
    masterOf(node) {
      const master = view?.masters.find((known) => known.node === node);
      return view?.processes.find((known) => known.process === master?.process && known.process === view?.lease.owner)
        ?.name;
    },
    freeClaims: () =>
      store.freeClaims(
        process,
        listGone((looks) => looks >= looksUntilGone),
      ),
    async stop() {
      stopping = true;
      alarm.ring();
      await running;
      setGeneration(undefined);
      await store.leave(process).catch((error) => log.warn({ err: error }, 'the lease could not be given back'));
      await store.close();
    },
  };
}

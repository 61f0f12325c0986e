/**
 * Runs the co-allocation machine: does what it decides, at all sites at once, and tells it what came of it. Everything that
 * the machine wants recorded is on the disk before it goes on.
 */
import type { RmsRequest } from '../wire/rms/types.js';
import { type Action, type CoAllocation, decide, type Event, type Step } from './co-allocation.js';
import type { DecisionLog } from './decision-log.js';
import type { Waiting } from './persist.js';
import type { SiteClients } from './site-client.js';
import { ownFault } from './site-fault.js';
import {
  awaitProvisionedAt,
  commitAt,
  reserveAt,
  type SiteContext,
  SiteNotReached,
  type StepTimes,
  undoAt,
} from './site-steps.js';

export type Progress =
  | { kind: 'event'; event: Event; state: CoAllocation }
  | { kind: 'action'; action: Action }
  | { kind: 'trouble'; site: string; text: string };

export interface RunnerParts {
  clients: SiteClients;
  globalReservationId: string;
  correlationKey: string;
  log: DecisionLog;
  waiting: Waiting;
  times: StepTimes;
  /** Not called when a co-allocation is resumed: by then everything is reserved or given up. */
  deriveRequest: (site: string, segmentKey: number, attempt: number) => RmsRequest<'reserve'>;
  chooseKey: (except: readonly number[]) => Promise<number | undefined>;
  onProgress: (progress: Progress) => void;
  /** Aborted: the user wants to stop; obeyed while nothing is decided. */
  signal?: AbortSignal;
}

export interface RunResult {
  state: CoAllocation;
  /** Decided, but these sites could not be told: the co-allocation is to be resumed. */
  notReached: SiteNotReached[];
}

const noKeyLeft = ownFault('NO_SEGMENT_KEY', 'no segment key is free at all sites');

function contextFor(parts: RunnerParts, site: string, tell: (event: Event) => void): SiteContext {
  return {
    correlationKey: parts.correlationKey,
    globalReservationId: parts.globalReservationId,
    client: parts.clients[site]!,
    times: parts.times,
    waiting: parts.waiting,
    onReserved: async (name, connectionId) => {
      await parts.log.append({ entry: 'reserved', site: name, connectionId });
      tell({ type: 'reserved', site: name, connectionId });
    },
    onTrouble: (name, text) => parts.onProgress({ kind: 'trouble', site: name, text }),
  };
}

async function perform(parts: RunnerParts, action: Action, tell: (event: Event) => void): Promise<Event> {
  if (action.type === 'chooseKey') {
    const segmentKey = await parts.chooseKey(action.except);
    return segmentKey === undefined ? { type: 'noKeyLeft', fault: noKeyLeft } : { type: 'keyChosen', segmentKey };
  }
  if (action.type === 'record') {
    await parts.log.append({ entry: action.what, state: action.state });
    return { type: 'recorded', what: action.what };
  }
  const context = contextFor(parts, action.site, tell);
  switch (action.type) {
    case 'reserve':
      return reserveAt(context, action.site, parts.deriveRequest(action.site, action.segmentKey, action.attempt));
    case 'commit':
      return commitAt(context, action.site, action.attempt, action.connectionId);
    case 'undo':
      return undoAt(context, action);
    case 'awaitProvisioned':
      return awaitProvisionedAt(context, action.site, action.connectionId);
  }
}

export function runCoAllocation(first: Step, parts: RunnerParts): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    let state = first.state;
    let underWay = 0;
    let failed = false;
    const notReached: SiteNotReached[] = [];

    const finish = (): void => {
      parts.signal?.removeEventListener('abort', cancel);
      resolve({ state, notReached });
    };
    const fail = (error: unknown): void => {
      failed = true;
      parts.signal?.removeEventListener('abort', cancel);
      reject(error);
    };
    const take = (step: Step): void => {
      state = step.state;
      for (const action of step.actions) start(action);
    };
    // One event at a time: whoever hears of one may cause the next.
    const inbox: Event[] = [];
    let taking = false;
    const tell = (event: Event): void => {
      inbox.push(event);
      if (taking) return;
      taking = true;
      try {
        for (let next = inbox.shift(); next !== undefined && !failed; next = inbox.shift()) {
          const step = decide(state, next);
          parts.onProgress({ kind: 'event', event: next, state: step.state });
          take(step);
        }
      } finally {
        taking = false;
      }
    };
    const settle = (): void => {
      underWay--;
      if (underWay === 0 && !failed) finish();
    };
    const start = (action: Action): void => {
      underWay++;
      parts.onProgress({ kind: 'action', action });
      perform(parts, action, tell)
        .then(tell, (error: unknown) => {
          if (!(error instanceof SiteNotReached)) throw error;
          notReached.push(error);
        })
        .then(settle, fail);
    };
    const cancel = (): void => tell({ type: 'cancelled' });

    parts.signal?.addEventListener('abort', cancel, { once: true });
    take(first);
    if (underWay === 0) finish();
    else if (parts.signal?.aborted) cancel();
  });
}

/** Co-allocation from its beginning to its end, and again from its log: asks the sites what they are, then runs the machine. */
import { randomBytes } from 'node:crypto';
import { beginCoAllocation, resumeCoAllocation } from './co-allocation.js';
import { deriveCorrelationId } from './correlation.js';
import {
  correlationKeyOf,
  createDecisionLog,
  type LoggedSite,
  readDecisionLog,
  reopenDecisionLog,
} from './decision-log.js';
import { type CoAllocationPlan, checkSites, deriveReserveRequest, type SiteView } from './derive-requests.js';
import { persist, type Waiting } from './persist.js';
import type { CoAllocationRequest, RequestedSite } from './request/co-allocation-request.js';
import { deriveInterval, type Interval } from './request/request-parts.js';
import { type Progress, type RunResult, runCoAllocation } from './run-co-allocation.js';
import { chooseSegmentKey } from './segment-key.js';
import type { SiteClients } from './site-client.js';
import type { StepTimes } from './site-steps.js';

/** A key that is taken at one site is given up for another this often. */
const maxAttempts = 8;

export const defaultTimes: StepTimes = {
  pollMs: 250,
  hold: { patienceMs: 30_000, firstDelayMs: 200, maxDelayMs: 3_000 },
  decided: { patienceMs: 180_000, firstDelayMs: 200, maxDelayMs: 5_000 },
  provisionPatienceMs: 300_000,
};

export interface CoAllocationParts {
  clients: SiteClients;
  logPath: string;
  now: () => Date;
  waiting: Waiting;
  times: StepTimes;
  onProgress: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface NewCoAllocationRun extends CoAllocationParts {
  /** A UUID. */
  id: string;
  request: CoAllocationRequest;
  requestFile: string;
  random: () => number;
}

const globalReservationIdOf = (id: string): string => `urn:uuid:${id}`;

/** In one go over all sites; the first that does not answer ends it, since nothing has been asked for yet. */
async function askAll<T>(names: readonly string[], ask: (name: string) => Promise<T>): Promise<Record<string, T>> {
  const answers = await Promise.all(names.map(async (name) => [name, await ask(name)] as const));
  return Object.fromEntries(answers);
}

async function chooseKey(
  run: NewCoAllocationRun,
  views: Readonly<Record<string, SiteView>>,
  interval: Interval,
  except: readonly number[],
): Promise<number | undefined> {
  const ask = (name: string) =>
    run.clients[name]!.getAvailability({ startTime: interval.start, endTime: interval.end });
  const names = Object.keys(views);
  const available = await askAll(names, (name) => persist(() => ask(name), run.times.hold, run.waiting));
  const offers = names.map((name) => ({
    from: views[name]!.segmentKeyFrom,
    to: views[name]!.segmentKeyTo,
    taken: available[name]!.takenSegmentKeys,
  }));
  return chooseSegmentKey(offers, except, run.random);
}

export function toLoggedSite(request: CoAllocationRequest, { name, url, user, nsi }: RequestedSite): LoggedSite {
  if (nsi === undefined) return { name, url, user };
  const { autoProvision, terminateOnRelease } = request;
  const logged = { provider: nsi.nsaId, requester: request.nsi!.nsaId, autoProvision, terminateOnRelease };
  return { name, url, user, nsi: logged };
}

const startsLater = (interval: Interval, now: Date): boolean => interval.start !== undefined && interval.start > now;

export async function coAllocate(run: NewCoAllocationRun): Promise<RunResult> {
  const { id, request } = run;
  const names = request.sites.map(({ name }) => name);
  const interval = deriveInterval(request.schedule, run.now());
  const views = await askAll(names, (name) =>
    persist(() => run.clients[name]!.getSite({}), run.times.hold, run.waiting),
  );
  checkSites(request, views);
  const plan: CoAllocationPlan = { request, interval, views, globalReservationId: globalReservationIdOf(id) };
  // A site that cannot be asked for its part is found out here, before anything is held anywhere.
  for (const name of names) deriveReserveRequest(plan, name, 1, '');
  const sites = request.sites.map((site) => toLoggedSite(request, site));
  const { requestFile } = run;
  const correlationKey = randomBytes(16).toString('hex');
  const begun = { entry: 'begun' as const, id, requestFile, description: request.description, sites, correlationKey };
  const log = await createDecisionLog(run.logPath, begun, run.now);
  const first = beginCoAllocation({
    id,
    sites: names,
    segmentKey: request.segment.key,
    maxAttempts,
    awaitProvisioned: request.autoProvision && !startsLater(interval, run.now()),
  });
  return runCoAllocation(first, {
    ...run,
    log,
    globalReservationId: plan.globalReservationId,
    correlationKey,
    chooseKey: (except) => chooseKey(run, views, interval, except),
    deriveRequest: (site, segmentKey, attempt) =>
      deriveReserveRequest(plan, site, segmentKey, deriveCorrelationId(correlationKey, attempt, site, 'reserve')),
  });
}

const notAfterResume = (): never => {
  throw new Error('a resumed co-allocation reserves nothing');
};

/** Nothing is left to do where the log ends before the first attempt: nothing was asked of any site. */
export async function resumeFromLog(parts: CoAllocationParts): Promise<RunResult | undefined> {
  const { begun, newest } = await readDecisionLog(parts.logPath);
  if (newest === undefined) return undefined;
  const log = await reopenDecisionLog(parts.logPath, parts.now);
  return runCoAllocation(resumeCoAllocation(newest.state, newest.recorded), {
    ...parts,
    log,
    globalReservationId: globalReservationIdOf(begun.id),
    correlationKey: correlationKeyOf(begun),
    chooseKey: notAfterResume,
    deriveRequest: notAfterResume,
  });
}

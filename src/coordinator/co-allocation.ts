/**
 * The co-allocation machine: two-phase commit over sites, seen from the coordinator. Pure: `decide(state, event)` gives the
 * next state and what to do about it, as data. Sending, waiting and writing the log are the runner's (run-co-allocation.ts).
 *
 * The order that makes a crash harmless: an attempt is recorded before anything is reserved, `commit` is recorded before any
 * site is told to commit, `undo` is recorded before any site is terminated. Nothing recorded means abort.
 */

export interface SiteFault {
  /** NSI error id, five digits; absent where no answer came. */
  id?: string;
  code: string;
  text: string;
  variables: Readonly<Record<string, string>>;
}

/** How far one site is. `settled` phases are those where no request to that site is on its way. */
export type SitePhase =
  | 'idle'
  | 'reserving'
  | 'held'
  | 'refused'
  | 'undoing'
  | 'undone'
  | 'committing'
  | 'committed'
  | 'commitFailed'
  | 'provisioning'
  | 'provisioned'
  | 'provisionFailed';

export interface SiteState {
  phase: SitePhase;
  connectionId?: string;
  fault?: SiteFault;
}

export type Phase =
  | 'choosing'
  | 'holding'
  | 'aborting'
  | 'recordingCommit'
  | 'committing'
  | 'recordingUndo'
  | 'undoing'
  | 'provisioning'
  | 'ended';

/**
 * `committed`: firm at all sites, but not built yet or not asked to be. `unbuildable`: a site cannot build it, and it is terminated
 * everywhere. `aborted`: given up before the decision.
 */
export type Outcome =
  | 'provisioned'
  | 'committed'
  | 'provisionFailed'
  | 'unbuildable'
  | 'refused'
  | 'undone'
  | 'aborted';

export interface CoAllocation {
  id: string;
  phase: Phase;
  outcome?: Outcome;
  /** Counts from 1; another attempt is made only with another segment key. */
  attempt: number;
  maxAttempts: number;
  segmentKey?: number;
  /** Keys that a site said are taken. */
  refusedKeys: readonly number[];
  /** The request names its key: there is no other to try. */
  keyFixed: boolean;
  /** Stay until every site is built. */
  awaitProvisioned: boolean;
  sites: Readonly<Record<string, SiteState>>;
}

export type Recorded = 'attempt' | 'commit' | 'undo' | 'ended';

export type Event =
  | { type: 'keyChosen'; segmentKey: number }
  | { type: 'noKeyLeft'; fault: SiteFault }
  | { type: 'recorded'; what: Recorded }
  | { type: 'reserved'; site: string; connectionId: string }
  | { type: 'held'; site: string }
  | { type: 'refused'; site: string; fault: SiteFault }
  | { type: 'committed'; site: string }
  | { type: 'commitFailed'; site: string; fault: SiteFault }
  | { type: 'provisioned'; site: string }
  /** `forGood`: the site says that waiting will not help. */
  | { type: 'provisionFailed'; site: string; fault: SiteFault; forGood?: boolean }
  | { type: 'undone'; site: string; fault?: SiteFault }
  | { type: 'cancelled' };

export type Action =
  | { type: 'chooseKey'; except: readonly number[] }
  | { type: 'record'; what: Recorded; state: CoAllocation }
  | { type: 'reserve'; site: string; attempt: number; segmentKey: number }
  | { type: 'commit'; site: string; attempt: number; connectionId: string }
  /** Ends whatever this attempt left at the site, also where its connection id is not known. */
  | { type: 'undo'; site: string; attempt: number; connectionId?: string; committed: boolean }
  | { type: 'awaitProvisioned'; site: string; connectionId: string };

export interface Step {
  state: CoAllocation;
  actions: readonly Action[];
}

export interface NewCoAllocation {
  id: string;
  sites: readonly string[];
  segmentKey?: number;
  maxAttempts: number;
  awaitProvisioned: boolean;
}

export function beginCoAllocation(request: NewCoAllocation): Step {
  const state: CoAllocation = {
    id: request.id,
    phase: 'choosing',
    attempt: 0,
    maxAttempts: request.maxAttempts,
    refusedKeys: [],
    keyFixed: request.segmentKey !== undefined,
    awaitProvisioned: request.awaitProvisioned,
    sites: Object.fromEntries(request.sites.map((site) => [site, { phase: 'idle' }])),
  };
  if (request.segmentKey !== undefined) return decide(state, { type: 'keyChosen', segmentKey: request.segmentKey });
  return { state, actions: [{ type: 'chooseKey', except: [] }] };
}

/** The label taken there is the segment's: another key may do. NSI error 00704, told by its variables. */
export const isTakenKey = (fault: SiteFault): boolean => fault.id === '00704' && 'segmentKey' in fault.variables;

const stay = (state: CoAllocation): Step => ({ state, actions: [] });

const withSite = (state: CoAllocation, site: string, change: Partial<SiteState>): CoAllocation => ({
  ...state,
  sites: { ...state.sites, [site]: { ...state.sites[site]!, ...change } },
});

const withAllSites = (state: CoAllocation, phase: SitePhase): CoAllocation => ({
  ...state,
  sites: Object.fromEntries(Object.entries(state.sites).map(([name, site]) => [name, { ...site, phase }])),
});

const entries = (state: CoAllocation): [string, SiteState][] => Object.entries(state.sites);
const all = (state: CoAllocation, ...phases: SitePhase[]): boolean =>
  entries(state).every(([, site]) => phases.includes(site.phase));
const some = (state: CoAllocation, phase: SitePhase): boolean =>
  entries(state).some(([, site]) => site.phase === phase);

function ended(state: CoAllocation, outcome: Outcome): Step {
  const last: CoAllocation = { ...state, phase: 'ended', outcome };
  return { state: last, actions: [{ type: 'record', what: 'ended', state: last }] };
}

/** Undoes every site that is in one of `phases`; the others settle by themselves first. */
function undoSites(state: CoAllocation, phases: readonly SitePhase[], committed: boolean): Step {
  const concerned = entries(state).filter(([, site]) => phases.includes(site.phase));
  let next = state;
  const actions: Action[] = [];
  for (const [name, site] of concerned) {
    next = withSite(next, name, { phase: 'undoing' });
    actions.push({ type: 'undo', site: name, attempt: state.attempt, connectionId: site.connectionId, committed });
  }
  return { state: next, actions };
}

function afterAbort(state: CoAllocation): Step {
  if (!all(state, 'undone')) return stay(state);
  const takenKey = entries(state).every(([, site]) => site.fault === undefined || isTakenKey(site.fault));
  const refusedForKey = takenKey && entries(state).some(([, site]) => site.fault !== undefined);
  const cancelled = state.outcome === 'aborted';
  if (cancelled || !refusedForKey || state.keyFixed || state.attempt >= state.maxAttempts)
    return ended(state, state.outcome ?? 'refused');
  const refusedKeys = [...state.refusedKeys, state.segmentKey!];
  return { state: { ...state, phase: 'choosing', refusedKeys }, actions: [{ type: 'chooseKey', except: refusedKeys }] };
}

function startAbort(state: CoAllocation): Step {
  // A site still reserving is undone when it has answered: what is held is known only then.
  return undoSites({ ...state, phase: 'aborting' }, ['held', 'refused'], false);
}

function startCommit(state: CoAllocation): Step {
  const next = withAllSites({ ...state, phase: 'committing' }, 'committing');
  const actions = entries(next).map(
    ([site, { connectionId }]): Action => ({
      type: 'commit',
      site,
      attempt: state.attempt,
      connectionId: connectionId!,
    }),
  );
  return { state: next, actions };
}

function startProvision(state: CoAllocation): Step {
  if (!state.awaitProvisioned) return ended(state, 'committed');
  const next = withAllSites({ ...state, phase: 'provisioning' }, 'provisioning');
  const actions = entries(next).map(
    ([site, { connectionId }]): Action => ({ type: 'awaitProvisioned', site, connectionId: connectionId! }),
  );
  return { state: next, actions };
}

function startReserve(state: CoAllocation): Step {
  const actions = entries(state).map(
    ([site]): Action => ({ type: 'reserve', site, attempt: state.attempt, segmentKey: state.segmentKey! }),
  );
  return { state: withAllSites({ ...state, phase: 'holding' }, 'reserving'), actions };
}

function onKeyChosen(state: CoAllocation, segmentKey: number): Step {
  const sites = Object.fromEntries(entries(state).map(([name]) => [name, { phase: 'idle' as const }]));
  const next: CoAllocation = { ...state, attempt: state.attempt + 1, segmentKey, sites };
  return { state: next, actions: [{ type: 'record', what: 'attempt', state: next }] };
}

/** Whatever a site was told or has done since the decision. */
const undoneAfterCommit: readonly SitePhase[] = [
  ...(['committed', 'commitFailed', 'provisioning', 'provisioned', 'provisionFailed'] as const),
];

function onRecorded(state: CoAllocation, what: Recorded): Step {
  if (what === 'attempt' && state.phase === 'choosing') return startReserve(state);
  if (what === 'commit' && state.phase === 'recordingCommit') return startCommit(state);
  if (what === 'undo' && state.phase === 'recordingUndo')
    return undoSites({ ...state, phase: 'undoing' }, undoneAfterCommit, true);
  return stay(state);
}

function onHeld(state: CoAllocation, site: string): Step {
  const next = withSite(state, site, { phase: 'held' });
  if (state.phase === 'aborting') return undoSites(next, ['held'], false);
  if (state.phase !== 'holding' || !all(next, 'held')) return stay(next);
  const deciding: CoAllocation = { ...next, phase: 'recordingCommit' };
  return { state: deciding, actions: [{ type: 'record', what: 'commit', state: deciding }] };
}

function onRefused(state: CoAllocation, site: string, fault: SiteFault): Step {
  const next = withSite(state, site, { phase: 'refused', fault });
  if (state.phase === 'holding') return startAbort(next);
  if (state.phase === 'aborting') return undoSites(next, ['refused'], false);
  return stay(next);
}

function onCommitted(state: CoAllocation, site: string): Step {
  const next = withSite(state, site, { phase: 'committed' });
  if (state.phase === 'undoing') return undoSites(next, ['committed'], true);
  return state.phase === 'committing' && all(next, 'committed') ? startProvision(next) : stay(next);
}

function onCommitFailed(state: CoAllocation, site: string, fault: SiteFault): Step {
  const next = withSite(state, site, { phase: 'commitFailed', fault });
  if (state.phase === 'undoing') return undoSites(next, ['commitFailed'], true);
  if (state.phase !== 'committing') return stay(next);
  const recording: CoAllocation = { ...next, phase: 'recordingUndo' };
  return { state: recording, actions: [{ type: 'record', what: 'undo', state: recording }] };
}

function onUndone(state: CoAllocation, site: string, fault: SiteFault | undefined): Step {
  const before = state.sites[site]!;
  const next = withSite(state, site, { phase: 'undone', fault: before.fault ?? fault });
  if (state.phase === 'aborting') return afterAbort(next);
  return all(next, 'undone') ? ended(next, state.outcome ?? 'undone') : stay(next);
}

function onProvision(state: CoAllocation, site: string, change: Partial<SiteState>, forGood = false): Step {
  // What a site says of building while it is being told to end is no news.
  if (state.phase !== 'provisioning') return stay(state);
  const next = withSite(state, site, change);
  if (forGood) {
    const recording: CoAllocation = { ...next, phase: 'recordingUndo', outcome: 'unbuildable' };
    return { state: recording, actions: [{ type: 'record', what: 'undo', state: recording }] };
  }
  if (!all(next, 'provisioned', 'provisionFailed')) return stay(next);
  return ended(next, some(next, 'provisionFailed') ? 'provisionFailed' : 'provisioned');
}

/** A wish to stop counts only before the decision; after it, going on is the only way to a known end. */
function onCancelled(state: CoAllocation): Step {
  const next: CoAllocation = { ...state, outcome: 'aborted' };
  if (state.phase === 'holding') return startAbort(next);
  if (state.phase === 'choosing') return ended(next, 'aborted');
  return state.phase === 'aborting' ? stay(next) : stay(state);
}

function onNoKeyLeft(state: CoAllocation, fault: SiteFault): Step {
  const sites = Object.fromEntries(entries(state).map(([name, site]) => [name, { ...site, fault }]));
  return ended({ ...state, sites }, 'refused');
}

/** Goes on after a crash from the newest thing recorded. Requests are sent again with the ids they had. */
export function resumeCoAllocation(state: CoAllocation, recorded: Recorded): Step {
  switch (recorded) {
    case 'ended':
      return stay(state);
    case 'commit':
      return startCommit(state);
    case 'undo':
      return undoSites({ ...withAllSites(state, 'committed'), phase: 'undoing' }, ['committed'], true);
    case 'attempt':
      return undoSites({ ...withAllSites(state, 'held'), phase: 'aborting', outcome: 'aborted' }, ['held'], false);
  }
}

export function decide(state: CoAllocation, event: Event): Step {
  if (state.phase === 'ended') return stay(state);
  switch (event.type) {
    case 'keyChosen':
      return state.phase === 'choosing' ? onKeyChosen(state, event.segmentKey) : stay(state);
    case 'noKeyLeft':
      return onNoKeyLeft(state, event.fault);
    case 'recorded':
      return onRecorded(state, event.what);
    case 'reserved':
      return stay(withSite(state, event.site, { connectionId: event.connectionId }));
    case 'held':
      return onHeld(state, event.site);
    case 'refused':
      return onRefused(state, event.site, event.fault);
    case 'committed':
      return onCommitted(state, event.site);
    case 'commitFailed':
      return onCommitFailed(state, event.site, event.fault);
    case 'provisioned':
      return onProvision(state, event.site, { phase: 'provisioned' });
    case 'provisionFailed':
      return onProvision(state, event.site, { phase: 'provisionFailed', fault: event.fault }, event.forGood);
    case 'undone':
      return onUndone(state, event.site, event.fault);
    case 'cancelled':
      return onCancelled(state);
  }
}

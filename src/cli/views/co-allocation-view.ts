/** A co-allocation as it goes on and as it ended, as text for people and as a stable shape for programs. */
import type { Action, CoAllocation, Event, Outcome, SiteFault } from '../../coordinator/co-allocation.js';
import type { Progress } from '../../coordinator/run-co-allocation.js';
import { renderTable } from './text-table.js';

export const faultText = (fault: SiteFault): string => {
  const variables = Object.entries(fault.variables).map(([name, value]) => `${name}=${value}`);
  const which = variables.length === 0 ? '' : ` (${variables.join(', ')})`;
  return `${fault.id === undefined ? '' : `${fault.id} `}${fault.code}: ${fault.text}${which}`;
};

const connectionOf = (state: CoAllocation, site: string): string => state.sites[site]?.connectionId ?? '';

function eventText(event: Event, state: CoAllocation): string | undefined {
  switch (event.type) {
    case 'keyChosen':
      return `segment key ${event.segmentKey}${state.attempt > 1 ? `, attempt ${state.attempt}` : ''}`;
    case 'held':
      return `${event.site}: held, connection ${connectionOf(state, event.site)}`;
    case 'refused':
      return `${event.site}: refused: ${faultText(event.fault)}`;
    case 'committed':
      return `${event.site}: committed`;
    case 'commitFailed':
      return `${event.site}: commit refused: ${faultText(event.fault)}`;
    case 'provisioned':
      return `${event.site}: provisioned`;
    case 'provisionFailed':
      return `${event.site}: not provisioned: ${faultText(event.fault)}`;
    case 'undone':
      return event.fault === undefined
        ? `${event.site}: nothing is held any more`
        : `${event.site}: could not be told; its hold ends by itself: ${faultText(event.fault)}`;
    case 'recorded':
      return event.what === 'commit' ? 'all sites hold: decided to commit' : undefined;
    case 'cancelled':
      return state.outcome === 'aborted' ? 'stopping' : 'too late to stop: the decision to commit stands';
    default:
      return undefined;
  }
}

function actionText(action: Action): string | undefined {
  switch (action.type) {
    case 'reserve':
      return `${action.site}: reserving`;
    case 'commit':
      return `${action.site}: committing`;
    case 'undo':
      return action.committed ? `${action.site}: terminating` : `${action.site}: aborting`;
    case 'awaitProvisioned':
      return `${action.site}: provisioning`;
    default:
      return undefined;
  }
}

/** A line, or nothing for what only the machine needs to know. */
export function progressText(progress: Progress): string | undefined {
  if (progress.kind === 'event') return eventText(progress.event, progress.state);
  if (progress.kind === 'action') return actionText(progress.action);
  return `${progress.site}: ${progress.text}`;
}

export const outcomeTexts: Readonly<Record<Outcome, string>> = {
  provisioned: 'provisioned at all sites',
  committed: 'committed at all sites',
  provisionFailed: 'committed at all sites, but not everything stands',
  unbuildable: 'a site cannot build it; terminated at all sites',
  refused: 'refused; nothing is held at any site',
  undone: 'a site could not commit; terminated at all sites',
  aborted: 'given up; nothing is held at any site',
};

export interface CoAllocationResult {
  id: string;
  /** `incomplete`: decided, but a site could not be told; to be resumed. */
  outcome: Outcome | 'incomplete';
  segmentKey?: number;
  log: string;
  sites: Record<string, { connectionId?: string; phase: string; fault?: SiteFault }>;
}

export const toCoAllocationResult = (state: CoAllocation, log: string): CoAllocationResult => ({
  id: state.id,
  outcome: state.outcome ?? 'incomplete',
  segmentKey: state.segmentKey,
  log,
  sites: Object.fromEntries(
    Object.entries(state.sites).map(([name, { connectionId, phase, fault }]) => [name, { connectionId, phase, fault }]),
  ),
});

export function coAllocationText(result: CoAllocationResult): string {
  const rows = Object.entries(result.sites).map(([name, site]) => [
    name,
    site.connectionId,
    site.phase,
    site.fault && faultText(site.fault),
  ]);
  const withFaults = rows.some((row) => row[3] !== undefined);
  const head = ['site', 'connection', 'state', ...(withFaults ? ['why'] : [])];
  const outcome =
    result.outcome === 'incomplete' ? 'decided, but not every site could be told' : outcomeTexts[result.outcome];
  const key = result.segmentKey === undefined ? '' : `, segment key ${result.segmentKey}`;
  return [
    `Co-allocation ${result.id}${key}: ${outcome}`,
    '',
    renderTable(
      head,
      rows.map((row) => (withFaults ? row : row.slice(0, 3))),
    ),
  ].join('\n');
}

/** Which label each end is given of those that were asked for: what a modification had already, else the same at both ends, else the lowest. Pure. */
import { IrisError } from '../errors/iris-error.js';
import type { TakenLabels } from '../reservation/reservation.js';
import { formatLabels, hasLabel, intersectRanges, listLabels } from './labels.js';
import type { ResolvedEnd } from './resolve-end.js';

export interface ChosenLabels {
  source: number;
  dest: number;
}

function isTaken({ stp: { place } }: ResolvedEnd, label: number, taken: TakenLabels): boolean {
  if (place.kind === 'vi') return false;
  if (place.kind === 'port')
    return taken.externalPortVlans.some((held) => held.name === place.port && held.vlan === label);
  return taken.segments.some((held) => held.key === label && held.encapsulation === place.encapsulation);
}

/** Tagged before untagged: who leaves the choice to us can do with a tag, and an untagged port is the rarer good. */
const inOrder = (labels: number[]): number[] => (labels[0] === 0 ? [...labels.slice(1), 0] : labels);

function freeLabels(end: ResolvedEnd, taken: TakenLabels): number[] {
  // A segment key is never 0.
  const usable = end.stp.place.kind === 'peer' ? intersectRanges(end.options, [{ from: 1, to: 4094 }]) : end.options;
  const free = inOrder(listLabels(usable).filter((label) => !isTaken(end, label, taken)));
  if (free.length === 0)
    throw new IrisError('stpUnavailable', {
      what: `label ${formatLabels(end.options)} of '${end.stp.localId}' is taken in this time`,
      variables: { stp: end.stp.localId, label: formatLabels(end.options) },
    });
  return free;
}

/** Two ends in one STP cannot have one label; two peers are joined under one segment key. */
function mayGoTogether(source: ResolvedEnd, dest: ResolvedEnd): (a: number, b: number) => boolean {
  const sameStp = source.stp.localId === dest.stp.localId;
  const bothPeers = source.stp.place.kind === 'peer' && dest.stp.place.kind === 'peer';
  return (a, b) => (!sameStp || a !== b) && (!bothPeers || a === b);
}

/** Throws IrisError: stpUnavailable, labelSwapping. */
export function chooseLabels(
  source: ResolvedEnd,
  dest: ResolvedEnd,
  taken: TakenLabels,
  before?: ChosenLabels,
): ChosenLabels {
  const sources = freeLabels(source, taken);
  const dests = freeLabels(dest, taken);
  const allowed = mayGoTogether(source, dest);
  if (
    before !== undefined &&
    sources.includes(before.source) &&
    dests.includes(before.dest) &&
    allowed(before.source, before.dest)
  )
    return before;
  const destSet = new Set(dests);
  const common = sources.find((label) => destSet.has(label) && allowed(label, label));
  if (common !== undefined) return { source: common, dest: common };
  for (const label of sources) {
    const other = dests.find((candidate) => allowed(label, candidate));
    if (other !== undefined) return { source: label, dest: other };
  }
  if (source.stp.localId === dest.stp.localId)
    throw new IrisError('stpUnavailable', {
      what: `'${source.stp.localId}' has no two different labels free for both ends`,
      variables: { stp: source.stp.localId },
    });
  const shared = intersectRanges(source.options, dest.options);
  const isSwap = !sources.some((label) => hasLabel(shared, label));
  throw new IrisError(isSwap ? 'labelSwapping' : 'stpUnavailable', {
    what: `'${source.stp.localId}' and '${dest.stp.localId}' are joined under one label, and no label asked for at both is free`,
    variables: { source: formatLabels(source.options), dest: formatLabels(dest.options) },
  });
}

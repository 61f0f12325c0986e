/** What a version sets aside of the capacity of STPs: per STP and direction, since traffic one way does not stand in the way of the other. Pure. */
import type { PlacedVi } from '../vi/placed-vi.js';
import type { PlacedEnd } from './point-to-point.js';
import type { Direction } from './resolve-end.js';
import { peerStpId } from './site-stps.js';

export interface StpLoad {
  /** Local id of the STP. */
  stp: string;
  direction: Direction;
  capacityMbit: number;
}

/** Nothing is accounted where a segment is joined. */
const accountedStp = (end: PlacedEnd): string | undefined =>
  end.kind === 'port' ? end.port : end.kind === 'peer' ? peerStpId(end.site) : undefined;

/** Sorted by STP and direction, so that two holds ask in one order. */
export function deriveStpLoads({ pointToPoint }: PlacedVi): StpLoad[] {
  if (pointToPoint === undefined) return [];
  const { source, dest, capacityMbit, directionality } = pointToPoint;
  const both = directionality === 'Bidirectional';
  const sums = new Map<string, StpLoad>();
  const add = (end: PlacedEnd, direction: Direction): void => {
    const stp = accountedStp(end);
    if (stp === undefined) return;
    const key = `${stp} ${direction}`;
    const known = sums.get(key)?.capacityMbit ?? 0;
    sums.set(key, { stp, direction, capacityMbit: known + capacityMbit });
  };
  add(source, 'in');
  add(dest, 'out');
  if (both) {
    add(source, 'out');
    add(dest, 'in');
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, load]) => load);
}

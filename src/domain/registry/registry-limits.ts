/**
 * What a registry lets itself be told: how many machines a port may have, how often one may move, and whose address nobody else may
 * claim. Machines that the VI lists are never too many. What is refused is not learnt: a machine without a place is sent its frames by flooding, one
 * that flaps where it was last believed to be.
 */
import type { Place } from './registry-entry.js';

export interface RegistryLimits {
  /** Machines learnt behind the port of a VM. */
  macsPerVmPort: number;
  /** Behind an external port, or at a peer site. A site file that says nothing has `macsPerSegment` here. */
  macsPerLan: number;
  macsPerSegment: number;
  ipsPerMac: number;
  /** An address that changes its place more often stays where it is, and gets its frames there, for `dampSeconds`. */
  movesPerMinute: number;
  dampSeconds: number;
}

export const defaultLimits: RegistryLimits = {
  macsPerVmPort: 256,
  macsPerLan: 4096,
  macsPerSegment: 4096,
  ipsPerMac: 32,
  movesPerMinute: 20,
  dampSeconds: 60,
};

/**
 * `segmentFull`, `portFull`: more machines than may be, and one that moves to such a port has no place any more; `tooManyIps`: more addresses than a machine may have; `flapping`: claimed from two
 * places in turn; `listedElsewhere`: an address that the VI lists for another machine.
 */
export const refusals = ['segmentFull', 'portFull', 'tooManyIps', 'flapping', 'listedElsewhere'] as const;
export type Refusal = (typeof refusals)[number];

export interface MoveCount {
  sinceMs: number;
  moves: number;
  dampedUntilMs: number;
}

const minuteMs = 60_000;

export const isDamped = (count: MoveCount | undefined, nowMs: number): boolean =>
  count !== undefined && nowMs < count.dampedUntilMs;

/** One more move of an address, which is not damped now. */
export function countMove(count: MoveCount | undefined, nowMs: number, limits: RegistryLimits): MoveCount {
  const isOver = count === undefined || nowMs - count.sinceMs > minuteMs || count.dampedUntilMs > 0;
  if (isOver) return { sinceMs: nowMs, moves: 1, dampedUntilMs: 0 };
  const moves = count.moves + 1;
  const dampedUntilMs = moves > limits.movesPerMinute ? nowMs + limits.dampSeconds * 1000 : 0;
  return { ...count, moves, dampedUntilMs };
}

/** Says nothing any more. */
export const isForgettable = (count: MoveCount, nowMs: number): boolean =>
  nowMs - count.sinceMs > minuteMs && nowMs >= count.dampedUntilMs;

export interface PlaceRules {
  limits: RegistryLimits;
  isVmPort: (place: Place) => boolean;
}

export const quotaOf = ({ limits, isVmPort }: PlaceRules, place: Place): number =>
  isVmPort(place) ? limits.macsPerVmPort : limits.macsPerLan;

/** Sets of VLAN labels as STPs and site files write them: `100-200,300`. Ascending, disjoint, inclusive; 0 is untagged frames. Pure. */
import { IrisError } from '../errors/iris-error.js';

export interface LabelRange {
  from: number;
  to: number;
}

/** VLAN ids that can be on the wire, and 0. */
const highestLabel = 4094;

const malformed = (text: string): IrisError =>
  new IrisError('invalidLabel', {
    what: `'${text}' is no VLAN label: single ids and ranges, 0 (untagged) to ${highestLabel}, separated by commas`,
    variables: { label: text },
  });

function parseRange(part: string, text: string): LabelRange {
  const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (from === undefined || range.to > highestLabel || range.from > range.to) throw malformed(text);
  return range;
}

/** Adjacent and overlapping ranges become one. */
export function mergeRanges(ranges: readonly LabelRange[]): LabelRange[] {
  const merged: LabelRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to + 1) merged.push({ ...range });
    else last.to = Math.max(last.to, range.to);
  }
  return merged;
}

/** Throws IrisError invalidLabel. */
export const parseLabels = (text: string): LabelRange[] =>
  mergeRanges(text.split(',').map((part) => parseRange(part.trim(), text)));

export const formatLabels = (ranges: readonly LabelRange[]): string =>
  ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');

/** As the site file lists them: `[0, '100-199']`. */
export const fromOfferedVlans = (vlans: readonly (number | string)[]): LabelRange[] =>
  mergeRanges(vlans.flatMap((vlan) => parseLabels(String(vlan))));

export const hasLabel = (ranges: readonly LabelRange[], label: number): boolean =>
  ranges.some(({ from, to }) => label >= from && label <= to);

export const intersectRanges = (a: readonly LabelRange[], b: readonly LabelRange[]): LabelRange[] =>
  a.flatMap((one) =>
    b.flatMap((other) => {
      const range = { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
      return range.from <= range.to ? [range] : [];
    }),
  );

/** At most 4,095 of them. */
export const listLabels = (ranges: readonly LabelRange[]): number[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

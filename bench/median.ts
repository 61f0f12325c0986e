/** The middle one; of an even number, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What such a share of them does not reach: 0.99 for p99. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/** Field by field, of objects of numbers. */
export function medians<T extends Record<keyof T, number>>(runs: readonly T[]): T {
  const names = Object.keys(runs[0]!) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, rounded(median(runs.map((run) => run[name])), 3)])) as T;
}

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Times in buckets of one part in 64: constant work per value, whatever there is of them. */
export interface Histogram {
  add(ms: number): void;
  /** Milliseconds; 0 when there is no value. */
  quantile(share: number): number;
  clear(): void;
}

const perOctave = 64;
const smallestMs = 0.001;
const octaves = 24;

export function createHistogram(): Histogram {
  const counts = new Float64Array(perOctave * octaves);
  let total = 0;

  return {
    add(ms) {
      const bucket = Math.floor(Math.log2(Math.max(ms, smallestMs) / smallestMs) * perOctave);
      counts[Math.min(bucket, counts.length - 1)]! += 1;
      total++;
    },
    quantile(share) {
      let left = total * share;
      for (const [bucket, count] of counts.entries()) {
        left -= count;
        if (left <= 0 && total > 0) return Number((smallestMs * 2 ** ((bucket + 1) / perOctave)).toFixed(3));
      }
      return 0;
    },
    clear() {
      counts.fill(0);
      total = 0;
    },
  };
}

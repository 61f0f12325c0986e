/** Chooses a segment key that every site offers and none has taken. Sites may still refuse it: somebody may have been quicker. */

export interface KeyOffer {
  from: number;
  to: number;
  taken: readonly number[];
}

/** `random` gives a number in [0, 1): a drawn start keeps two coordinators from racing through the same keys. */
export function chooseSegmentKey(
  offers: readonly KeyOffer[],
  except: readonly number[],
  random: () => number,
): number | undefined {
  const from = Math.max(...offers.map((offer) => offer.from));
  const to = Math.min(...offers.map((offer) => offer.to));
  const taken = new Set([...except, ...offers.flatMap((offer) => offer.taken)]);
  const size = to - from + 1;
  if (!(size > 0)) return undefined;
  const start = Math.floor(random() * size);
  // At most |taken| + 1 steps are needed: one of that many distinct keys is free, or there is none.
  for (let step = 0; step < Math.min(size, taken.size + 1); step++) {
    const key = from + ((start + step) % size);
    if (!taken.has(key)) return key;
  }
  return undefined;
}

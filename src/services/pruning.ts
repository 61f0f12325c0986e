/** Old history and old answers are removed in small batches, each a transaction of its own, so that nobody waits for it. */
import type { SiteContext } from './site-context.js';

const batch = 500;
const everyMs = 3_600_000;

/** Does something at the first call, and then once an hour however often it is called. `goesOn`: asked before every batch. */
export function createPruning({ site, store, clock, log }: SiteContext, goesOn: () => boolean) {
  const { historyDays, requestDays } = site.reservations;
  const jobs = {
    history: () => store.pruneHistory(historyDays, batch),
    messages: () => store.pruneMessages(historyDays, batch),
    refusedIdentities: () => store.pruneRefusedIdentities(historyDays, batch),
    requests: () => store.pruneRequests(requestDays, batch),
  };
  let nextMs = 0;
  return async (): Promise<void> => {
    if (clock.now().getTime() < nextMs) return;
    for (const [what, prune] of Object.entries(jobs)) {
      let pruned = 0;
      let last = batch;
      while (last === batch && goesOn()) {
        last = await prune();
        pruned += last;
      }
      if (pruned > 0) log.info({ what, pruned }, 'kept for long enough and removed');
    }
    nextMs = clock.now().getTime() + everyMs;
  };
}

/**
 * The site's lease as the driver's thread sees it. Whether it is ours at this moment is asked of the lease itself, and what is said without
 * asking is as it was last told: a hint, and no more than that on the other side of the port as well.
 */
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import { createLateAnswers } from '../../../domain/site/late-lease-answers.js';
import type { ThreadCalls } from '../../../lib/thread-calls.js';
import type { HostCalls, LeaseView } from './calls.js';

export interface LeaseMirror extends SiteLease {
  /** It has changed. */
  note(view: LeaseView): void;
}

export function createLeaseMirror(
  { heldMs, ...first }: LeaseView & { heldMs: number },
  host: Pick<ThreadCalls<HostCalls>, 'ask' | 'tell'>,
): LeaseMirror {
  let view: LeaseView = first;
  const listeners: (() => void)[] = [];

  function note(now: LeaseView): void {
    const isOther = now.generation !== view.generation;
    view = now;
    if (isOther) for (const listener of listeners) listener();
  }
  const noteGeneration = (generation: bigint): void => note({ ...view, generation });

  return {
    note,
    generation: () => view.generation,
    heldMs,
    onChange: (listener) => void listeners.push(listener),
    async ensure() {
      const isLate = createLateAnswers(heldMs);
      for (;;) {
        const askedMs = performance.now();
        const generation = await host.ask('ensureLease');
        noteGeneration(generation);
        if (!isLate(askedMs)) return generation;
      }
    },
    async raise(seen) {
      const generation = await host.ask('raiseLease', seen);
      noteGeneration(generation);
      return generation;
    },
    controllers: (node) => view.controllers[node] ?? [],
    noteMaster: (node, generation) => host.tell('noteMaster', node, generation),
  };
}

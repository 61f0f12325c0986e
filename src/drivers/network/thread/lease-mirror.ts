/**
 * The site's lease as the driver's thread sees it. Whether it is ours at this moment is asked of the lease itself, and what is said without
 * asking is as it was last told: a hint, and no more than that on the other side of the port as well.
 */
import type { SiteLease } from '../../../domain/ports/site-lease.js';
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
      for (;;) {
        const askedMs = performance.now();
        const generation = await host.ask('ensureLease');
        noteGeneration(generation);
        // It may have lain in the port while this process was stopped.
        if (performance.now() - askedMs < heldMs) return generation;
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

/**
 * What a driver has to tell, put together: at most one batch is on its way, of bounded size, and the next one waits for a moment. What changes
 * again meanwhile is told once, so that a storm costs who listens no more than its newest state does.
 */
import type { NetworkEvents } from '../../../domain/ports/network-driver.js';
import type { RegistryEntry } from '../../../domain/registry/registry-entry.js';
import type { EventBatch } from './calls.js';

export interface EventBatches extends NetworkEvents {
  /** Resolves when all has been told. */
  flush(): Promise<void>;
}

const pauseMs = 50;
const mostEntries = 1_000;

export function createEventBatches(send: (batch: EventBatch) => Promise<void>): EventBatches {
  const nodes = new Set<string>();
  const entries = new Map<string, Map<string, RegistryEntry>>();
  let sending: Promise<void> | undefined;
  let pause: NodeJS.Timeout | undefined;

  const isEmpty = (): boolean => nodes.size === 0 && entries.size === 0;

  function takeEntries(): EventBatch['entries'] {
    const taken: EventBatch['entries'] = [];
    let room = mostEntries;
    for (const [connectionId, ofSegment] of entries) {
      if (room === 0) break;
      const some = [...ofSegment].slice(0, room);
      for (const [key] of some) ofSegment.delete(key);
      if (ofSegment.size === 0) entries.delete(connectionId);
      taken.push([connectionId, some.map(([, entry]) => entry)]);
      room -= some.length;
    }
    return taken;
  }

  async function sendOne(): Promise<void> {
    const batch = { nodes: [...nodes], entries: takeEntries() };
    nodes.clear();
    await send(batch);
  }

  /** Who listens is gone if it fails: there is nobody to tell. */
  function sendSoon(): void {
    if (sending !== undefined || pause !== undefined || isEmpty()) return;
    sending = sendOne()
      .catch(() => {})
      .finally(() => {
        sending = undefined;
        pause = setTimeout(() => {
          pause = undefined;
          sendSoon();
        }, pauseMs);
      });
  }

  return {
    nodeChanged(node) {
      nodes.add(node);
      sendSoon();
    },
    registryChanged(connectionId, entry) {
      const ofSegment = entries.get(connectionId) ?? new Map<string, RegistryEntry>();
      entries.set(connectionId, ofSegment.set(`${entry.vlan} ${entry.mac}`, entry));
      sendSoon();
    },
    async flush() {
      await sending;
      clearTimeout(pause);
      while (!isEmpty()) await sendOne();
      clearTimeout(pause);
      pause = undefined;
    },
  };
}

/**
 * Keeps what the management registries learn: changes only, written in batches beside the packet path, which never waits for it. What a
 * crash loses, the next ARP brings again.
 */
import type { Store } from '../domain/ports/store.js';
import type { RegistryEntry } from '../domain/registry/registry-entry.js';
import type { Log } from '../lib/log.js';

export interface RegistryKeeper {
  note(connectionId: string, entry: RegistryEntry): void;
  forget(connectionId: string): Promise<void>;
  /** Writes what is left and takes no more. */
  stop(): Promise<void>;
}

const gatherMs = 200;

/** Entries of one segment by what they are keyed by; a later one takes the place of an earlier. */
type Batch = Map<string, RegistryEntry>;

export interface RegistryKeeperOptions {
  store: Pick<Store, 'saveRegistry' | 'forgetRegistry'>;
  log: Log;
  /** Rejects where another process learns now: what this one has learnt before is older. */
  mayWrite?: () => Promise<unknown>;
}

export function createRegistryKeeper({ store, log, mayWrite = async () => {} }: RegistryKeeperOptions): RegistryKeeper {
  const pending = new Map<string, Batch>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const batches = [...pending];
    pending.clear();
    for (const [connectionId, batch] of batches)
      try {
        await mayWrite();
        await store.saveRegistry(connectionId, [...batch.values()]);
      } catch (error) {
        log.warn({ err: error, connectionId }, 'registry entries not kept');
      }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  return {
    note(connectionId, entry) {
      const batch = pending.get(connectionId) ?? new Map<string, RegistryEntry>();
      batch.set(`${entry.vlan} ${entry.mac}`, entry);
      pending.set(connectionId, batch);
      timer ??= setTimeout(() => void flush(), gatherMs);
    },
    async forget(connectionId) {
      pending.delete(connectionId);
      await writing;
      await store.forgetRegistry(connectionId);
    },
    async stop() {
      await flush();
    },
  };
}

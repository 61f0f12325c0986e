/** Jobs beside the work loop, by name: one of a name at a time, failures told and not thrown, all waited for at the end. */
import type { Log } from '../lib/log.js';

export interface Background {
  /** Does nothing while the job of that name runs. */
  run(name: string, job: () => Promise<void>): void;
  /** Resolves when all that runs has ended; starts nothing any more. */
  stop(): Promise<void>;
}

export function createBackground(log: Log): Background {
  const running = new Map<string, Promise<void>>();
  let stopping = false;
  return {
    run(name, job) {
      if (stopping || running.has(name)) return;
      const task = job()
        .catch((error) => log.error({ err: error, job: name }, 'failed; tried again with the next periodic round'))
        .finally(() => running.delete(name));
      running.set(name, task);
    },
    async stop() {
      stopping = true;
      await Promise.all(running.values());
    },
  };
}

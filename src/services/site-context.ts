/** What every operation of one site's engine is given. Composed in main.ts; nothing here is global. */
import type { CallbackWriter } from '../domain/ports/callback-writer.js';
import type { ComputeDriver } from '../domain/ports/compute-driver.js';
import type { NetworkDriver } from '../domain/ports/network-driver.js';
import type { Store } from '../domain/ports/store.js';
import type { Site } from '../domain/site/site-file.js';
import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Placing } from './placing.js';
import type { SiteLeaseKeeper } from './site-lease.js';

export interface SiteContext {
  site: Site;
  store: Store;
  compute: ComputeDriver;
  network: NetworkDriver;
  /** Absent where there is one process and nothing to agree on: then it always changes the nodes. */
  lease?: SiteLeaseKeeper;
  clock: Clock;
  log: Log;
  placing: Placing;
  /** Absent: callbacks are queued, and wait for a process that can write them. */
  callbackWriter?: CallbackWriter;
}

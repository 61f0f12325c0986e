/** The thread's side: makes the driver, and does what is asked of it until it has been stopped. Called once, by the thread's own module. */
import { parentPort, workerData } from 'node:worker_threads';
import type { NetworkDriver } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import type { Site } from '../../../domain/site/site-file.js';
import { createRemoteLog, type Log } from '../../../lib/log.js';
import { connectThread } from '../../../lib/thread-calls.js';
import type { DriverCalls, HostCalls, ThreadData } from './calls.js';
import { createEventBatches } from './event-batches.js';
import { createLeaseMirror } from './lease-mirror.js';
import { plainErrors } from './plain-errors.js';

export interface ThreadedDriverParts {
  site: Site;
  instance: string;
  log: Log;
  lease?: SiteLease;
}

export function serveNetworkDriver(createDriver: (parts: ThreadedDriverParts) => NetworkDriver): void {
  const port = parentPort!;
  const { site, instance, log: logForm, lease: leaseAtFirst } = workerData as ThreadData;
  let driver: NetworkDriver | undefined;
  const there = (): NetworkDriver => {
    if (driver === undefined) throw new Error('the network driver has not been started');
    return driver;
  };

  const answers: DriverCalls = {
    async start() {
      driver = createDriver({ site, instance, log, ...(lease === undefined ? {} : { lease }) });
      await driver.start(events);
    },
    async stop() {
      await driver?.stop();
      await events.flush();
      // Nothing is left that could be asked: with no handle open this thread ends.
      setImmediate(() => port.close());
    },
    lead(view) {
      if (view !== undefined) lease?.note(view);
      return there().lead();
    },
    lease: (view) => lease?.note(view),
    pulse() {},
    adopt: (standing) => there().adopt(standing),
    standBy: () => there().standBy(),
    fingerprint: (node) => there().fingerprint(node),
    plan: (vi) => there().plan(vi),
    ensure: (vi) => there().ensure(vi),
    remove: (vi) => there().remove(vi),
    observe: (node) => there().observe(node),
    readNote: (node) => there().readNote(node),
    writeNote: (node, change) => there().writeNote(node, change),
    trace: (connectionId, question) => there().trace(connectionId, question),
    status: () => there().status(),
    registry: (connectionId) => there().registry(connectionId),
    restore: (connectionId, entries) => there().restore(connectionId, entries),
    leave: (node) => there().leave(node),
  };
  const host = connectThread<HostCalls>(port, answers, plainErrors);
  const log = createRemoteLog(logForm, (line) => host.tell('log', line));
  const lease = leaseAtFirst && createLeaseMirror(leaseAtFirst, host);
  const events = createEventBatches((batch) => host.ask('happened', batch));
}

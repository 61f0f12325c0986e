/**
 * A network driver that lives in a thread of its own, so that what switches send does not keep the web service waiting. What is asked of it
 * is asked there; here is only what needs no more than the site. When the thread dies this driver is of no more use: its owner is told.
 */
import { DriverError } from '../../../domain/errors/driver-error.js';
import type { NetworkDriver, NetworkEvents, NetworkStatus } from '../../../domain/ports/network-driver.js';
import type { SiteLease } from '../../../domain/ports/site-lease.js';
import type { Site } from '../../../domain/site/site-file.js';
import { type Log, writeLine } from '../../../lib/log.js';
import { type Pulse, startThread, type Thread } from '../../../lib/thread.js';
import { deriveTopology } from '../plan/topology.js';
import type { DriverCalls, HostCalls, LeaseView, ThreadData } from './calls.js';
import { plainErrors } from './plain-errors.js';

export interface ThreadedNetworkDriverOptions {
  /** A module that calls serveNetworkDriver: `ovsThread`. */
  module: URL;
  site: Site;
  instance: string;
  log: Log;
  lease?: SiteLease;
  /** The thread has ended by itself; nothing can be asked of it any more. */
  onEnded: (reason: Error) => void;
  pulse?: Pulse;
}

export const ovsThread = new URL('./ovs-thread.js', import.meta.url);

/** Statuses are asked for by people and by monitors, who want to hear of it when there is no answer. */
const statusWithinMs = 5_000;
const stopWithinMs = 20_000;

export function createThreadedNetworkDriver(options: ThreadedNetworkDriverOptions): NetworkDriver {
  const { site, instance, log, lease } = options;
  let thread: Thread<DriverCalls> | undefined;
  let events: NetworkEvents | undefined;
  let lastStatus: NetworkStatus[] = site.nodes.map(({ name }) => ({
    ...{ node: name, connected: false, packetIns: 0, packetInsDropped: {}, refused: {}, problems: [] },
  }));

  const viewOf = ({ generation, controllers }: SiteLease): LeaseView => ({
    generation: generation(),
    controllers: Object.fromEntries(site.nodes.map(({ name }) => [name, controllers(name)])),
  });
  lease?.onChange(() => thread?.calls.tell('lease', viewOf(lease)));

  const answers: HostCalls = {
    ensureLease: () => lease!.ensure(),
    raiseLease: (seen) => lease!.raise(seen),
    noteMaster: (node, generation) => lease?.noteMaster(node, generation),
    happened({ nodes, entries }) {
      for (const node of nodes) events?.nodeChanged(node);
      for (const [connectionId, ofSegment] of entries)
        for (const entry of ofSegment) events?.registryChanged(connectionId, entry);
    },
    log: (line) => writeLine(log, line),
  };

  const dataNow = (): ThreadData => ({
    site,
    instance,
    log: { bindings: log.bindings(), level: log.level },
    ...(lease === undefined ? {} : { lease: { ...viewOf(lease), heldMs: lease.heldMs } }),
  });

  const calls = (): Thread<DriverCalls>['calls'] => {
    if (thread === undefined) throw new DriverError('transient', 'iris', 'the network driver does not run');
    return thread.calls;
  };

  return {
    async start(given) {
      events = given;
      const { module, onEnded, pulse } = options;
      const toReason = (reason: Error): Error =>
        new DriverError('transient', 'iris', reason.message, { cause: reason.cause });
      thread = startThread<DriverCalls>({
        ...{ name: 'network', module, data: dataNow(), answers: { ...answers }, errors: plainErrors, log, toReason },
        ...{ onEnded, ...(pulse === undefined ? {} : { pulse }) },
      });
      await thread.calls.ask('start');
    },
    async stop() {
      if (thread === undefined) return;
      const stopped = thread.calls.askWithin(stopWithinMs, 'stop');
      await stopped.catch((error) => log.warn({ err: error }, 'the network driver did not stop well'));
      await thread.stop();
      events = undefined;
      thread = undefined;
    },
    lead: async () => calls().ask('lead', lease && viewOf(lease)),
    segmentMtu: (vi) => deriveTopology(vi, site).mtu,
    async status() {
      try {
        lastStatus = await calls().askWithin(statusWithinMs, 'status');
      } catch (error) {
        const problems = [`the network driver does not answer: ${(error as Error).message}`];
        return lastStatus.map((known) => ({ ...known, connected: false, problems }));
      }
      return lastStatus;
    },
    adopt: async (standing) => calls().ask('adopt', standing),
    standBy: async () => calls().ask('standBy'),
    fingerprint: async (node) => calls().ask('fingerprint', node),
    plan: async (vi) => calls().ask('plan', vi),
    ensure: async (vi) => calls().ask('ensure', vi),
    remove: async (vi) => calls().ask('remove', vi),
    observe: async (node) => calls().ask('observe', node),
    readNote: async (node) => calls().ask('readNote', node),
    writeNote: async (node, change) => calls().ask('writeNote', node, change),
    trace: async (connectionId, question) => calls().ask('trace', connectionId, question),
    registry: async (connectionId) => calls().ask('registry', connectionId),
    restore: async (connectionId, entries) => calls().ask('restore', connectionId, entries),
    leave: async (node) => calls().ask('leave', node),
  };
}

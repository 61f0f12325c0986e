/** Where Iris is put together: the only file that says which store, which drivers and which services there are. Loaded by main.ts when a command needs it. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SwitchSight } from '../cli/doctor/node-probe.js';
import type { LocalCommands, ServeOptions, SiteFileOptions } from '../cli/local-commands.js';
import type { ComputeDriver } from '../domain/ports/compute-driver.js';
import type { NetworkDriver } from '../domain/ports/network-driver.js';
import type { NewProcess, SiteLease } from '../domain/ports/site-lease.js';
import type { Site, SiteNode } from '../domain/site/site-file.js';
import { createFakeComputeDriver } from '../drivers/compute/fake/fake-compute-driver.js';
import { createLibvirtComputeDriver } from '../drivers/compute/libvirt/libvirt-compute-driver.js';
import { createFakeNetworkDriver } from '../drivers/network/fake/fake-network-driver.js';
import { followSiteTls, toPeerTrust } from '../drivers/network/ovs/node-trust.js';
import { lookAtOpenVswitch } from '../drivers/network/ovs/switch-sight.js';
import { createThreadedNetworkDriver, ovsThread } from '../drivers/network/thread/threaded-network-driver.js';
import { systemClock } from '../lib/clock.js';
import { createLog, type Log } from '../lib/log.js';
import { createEngine } from '../services/engine.js';
import { createPlacing } from '../services/placing.js';
import { createProvider } from '../services/provider.js';
import { createRefusedIdentities } from '../services/refused-identities.js';
import type { SiteContext } from '../services/site-context.js';
import { createSiteLease } from '../services/site-lease.js';
import { createStore } from '../store/create-store.js';
import { migrate } from '../store/migrate.js';
import { createLeaseStore } from '../store/site-lease.js';
import { startCallbackService } from '../ws/callback-service.js';
import { readListenAddress } from '../ws/http/listen-address.js';
import { createCallbackWriter } from '../ws/nsi/callback-writer.js';
import { createWebService } from '../ws/web-service.js';
import { checkCertificateFiles } from './certificate-files.js';
import { createNodeProbes } from './node-probes.js';
import { createFailure, runUntil } from './run-until.js';
import { type Daemon, startDaemon } from './serve.js';
import { readSiteFile, simulatedSiteFile } from './site-config.js';
import { openDatabase, visitDatabase } from './site-database.js';

interface DriverParts {
  site: Site;
  instance: string;
  log: Log;
  /** Absent for commands beside the daemon, which ask nobody. */
  lease?: SiteLease;
}

interface NetworkParts extends DriverParts {
  /** The driver has ended by itself and does nothing any more. */
  onEnded: (reason: Error) => void;
}

const computeDrivers: Record<Site['drivers']['compute'], (parts: DriverParts) => ComputeDriver> = {
  libvirt: ({ lease, ...parts }) => createLibvirtComputeDriver({ ...parts, mayChange: lease?.ensure }),
  fake: ({ site, lease }) => createFakeComputeDriver(site, { mayChange: lease?.ensure }),
};

const networkDrivers: Record<Site['drivers']['network'], (parts: NetworkParts) => NetworkDriver> = {
  ovs: (parts) => createThreadedNetworkDriver({ ...parts, module: ovsThread }),
  fake: ({ site, instance, lease }) => createFakeNetworkDriver(site, { instance, mayChange: lease?.ensure }),
};

/** How doctor sees a switch: beside the daemon, which has its OpenFlow channel. */
const switchSights: Record<
  Site['drivers']['network'],
  (site: Site, log: Log) => (node: SiteNode) => Promise<SwitchSight>
> = {
  ovs: (site, log) => {
    const tls = followSiteTls(site, log);
    return (node) => lookAtOpenVswitch(node, site.bridge, toPeerTrust(tls, node));
  },
  fake: () => async (node) => ({
    version: 'simulated switch',
    datapathId: node.network.datapathId,
    connected: true,
    hasSsl: false,
  }),
};

const { env } = process;
const siteOf = (options: SiteFileOptions): Promise<Site> => readSiteFile(options.config ?? simulatedSiteFile, env);

async function siteToServe({ listen, ...options }: ServeOptions): Promise<Site> {
  const site = await siteOf(options);
  const served = listen === undefined ? site : { ...site, listen: { ...site.listen, soap: listen } };
  // Where it may not listen, nothing is started at all.
  readListenAddress(served.listen);
  checkCertificateFiles(served, options.config ?? simulatedSiteFile, systemClock);
  return served;
}

const describeProcess = (site: Site): NewProcess => ({
  process: randomUUID(),
  name: site.process ?? hostname(),
  controllers: Object.fromEntries(site.nodes.map(({ name, network }) => [name, network.controller])),
});

function startSite(site: Site, options: ServeOptions, log: Log, onEnded: (reason: Error) => void): Promise<Daemon> {
  return startDaemon({
    site,
    log,
    openDatabase: () => openDatabase(site, options.database, env),
    migrate: options.migrate ? (url) => migrate(url, log) : undefined,
    openStore: (url) => createStore({ url, log }),
    async createService(store, url) {
      const self = describeProcess(site);
      const lease = createSiteLease({ store: await createLeaseStore(url, log), self, log });
      const parts: DriverParts = { site, instance: await store.instance(), log, lease };
      const context: SiteContext = {
        site,
        store,
        compute: computeDrivers[site.drivers.compute](parts),
        network: networkDrivers[site.drivers.network]({ ...parts, onEnded }),
        lease,
        clock: systemClock,
        log,
        placing: createPlacing(),
        ...(site.nsi === undefined ? {} : { callbackWriter: createCallbackWriter(site.nsi.nsaId) }),
      };
      return {
        provider: createProvider(context),
        engine: createEngine(context, { leaseMs: site.reservations.leaseSeconds * 1000, worker: self.process }),
      };
    },
    createWeb(provider, health, store) {
      const refused = createRefusedIdentities(store, systemClock, log);
      const gauges = { reservationsByState: store.countReservations };
      const web = createWebService({ site, provider, health, log, gauges, noteRefused: refused.note });
      return {
        start: web.start,
        async stop() {
          await web.stop();
          await refused.close();
        },
      };
    },
  });
}

/** Who tries Iris without a site file watches the terminal: there the log would only be in the way. */
const logFileOf = (site: Site, { logFile, config }: ServeOptions): string | undefined =>
  logFile ?? (config === undefined ? join(site.stateDirectory, 'iris.log') : undefined);

function sayStarted(site: Site, daemon: Daemon, options: ServeOptions, say: (line: string) => void): void {
  const base = daemon.url.replace(/\/rms$/, '');
  say(`Iris serves site ${site.site} at ${daemon.url}`);
  say(`  contract ${daemon.url}?wsdl, health ${base}/health, metrics ${base}/metrics`);
  say(`  database: ${daemon.database}`);
  const user = site.users.find(({ role }) => role === 'tenant');
  if (options.config !== undefined || user === undefined) return;
  say(`  nodes: ${site.nodes.map(({ name }) => name).join(', ')}, simulated; log: ${logFileOf(site, options)}`);
  say('');
  say('Try it from another terminal:');
  say(`  export IRIS_URL=${daemon.url} IRIS_USER=${user.name} IRIS_PASSWORD=${user.password}`);
  say('  bin/iris site');
  say('  bin/iris reserve examples/request.yaml');
}

export const localCommands: LocalCommands = {
  async serve(options, { say, signal }) {
    const site = await siteToServe(options);
    const failure = createFailure();
    const log = createLog({ name: `iris ${site.site}`, file: logFileOf(site, options) });
    const daemon = await startSite(site, options, log, failure.report);
    sayStarted(site, daemon, options, say);
    await runUntil(daemon, signal, failure, say);
  },
  takeCallbacks: (options) =>
    startCallbackService({ ...options, log: createLog({ name: 'iris callbacks', level: 'warn' }) }),
  async migrate(options) {
    const site = await siteOf(options);
    const database = await visitDatabase(site, options.database, env);
    try {
      return {
        database: database.shown,
        applied: await migrate(database.url, createLog({ name: 'iris migrate', level: 'warn' })),
      };
    } finally {
      await database.close();
    }
  },
  async probeNodes(options, node) {
    const site = await siteOf(options);
    const log = createLog({ name: 'iris doctor', level: 'warn' });
    const database = await visitDatabase(site, options.database, env);
    try {
      // Who looks does not upgrade: a database of an older version is refused by the store, which says what to do.
      await migrate(database.url, log, { onlyEmpty: true });
      const store = await createStore({ url: database.url, log });
      const instance = await store.instance();
      await store.close();
      const compute = computeDrivers[site.drivers.compute]({ site, instance, log });
      const lookAtSwitch = switchSights[site.drivers.network](site, log);
      return { probes: createNodeProbes({ site, compute, node, lookAtSwitch }), close: database.close };
    } catch (error) {
      await database.close();
      throw error;
    }
  },
};

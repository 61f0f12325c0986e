/** One site's services on a real PostgreSQL with simulated nodes. What the nodes hold outlives an engine, as it would a crash. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import { deriveStpCapacities } from '../../src/domain/p2p/site-stps.js';
import type { Provider, ReserveRequest } from '../../src/domain/ports/provider.js';
import type { CallContext, Store } from '../../src/domain/ports/store.js';
import type { Requester, Reservation } from '../../src/domain/reservation/reservation.js';
import { deriveNodeCapacities } from '../../src/domain/site/node-capacity.js';
import type { Site } from '../../src/domain/site/site-file.js';
import type { Criteria } from '../../src/domain/vi/criteria.js';
import { createFakeComputeDriver, type FakeComputeDriver } from '../../src/drivers/compute/fake/fake-compute-driver.js';
import { createFakeNetworkDriver, type FakeNetworkDriver } from '../../src/drivers/network/fake/fake-network-driver.js';
import { systemClock } from '../../src/lib/clock.js';
import { silentLog } from '../../src/lib/log.js';
import { createEngine, type Engine, type EngineOptions } from '../../src/services/engine.js';
import { createPlacing } from '../../src/services/placing.js';
import { createProvider } from '../../src/services/provider.js';
import type { SiteContext } from '../../src/services/site-context.js';
import { createStore } from '../../src/store/create-store.js';
import { sampleCriteria, sampleSite } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import { testDatabase } from '../support/postgres.js';

export interface SiteUnderTest {
  site: Site;
  url: string;
  context: SiteContext;
  store: Store;
  provider: Provider;
  compute: FakeComputeDriver;
  network: FakeNetworkDriver;
  /** Made and started; stopped by `close`, if not before. */
  startEngine(changes?: Partial<SiteContext>, options?: EngineOptions): Promise<Engine>;
  /** Another process on the same database and nodes. */
  anotherStore(): Promise<Store>;
  /** The process that has it is gone, with whatever it was about to write. */
  cutOff(store: Store): Promise<void>;
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** `on`: a database and nodes that are there already. */
export async function openSite(
  site: Site = sampleSite(),
  on: Partial<Pick<SiteUnderTest, 'url' | 'compute' | 'network'>> = {},
): Promise<SiteUnderTest> {
  const url = on.url ?? (await testDatabase());
  const stores = new Set<Store>();
  const engines: Engine[] = [];
  const anotherStore = async (): Promise<Store> => {
    const store = await createStore({ url, log: silentLog });
    stores.add(store);
    return store;
  };
  const store = await anotherStore();
  const compute = on.compute ?? createFakeComputeDriver(site);
  const network = on.network ?? createFakeNetworkDriver(site);
  const placing = createPlacing();
  const context: SiteContext = { site, store, compute, network, clock: systemClock, log: silentLog, placing };
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  // `end` does not wait for its connections to close, and the server may be stopped right after the last test.
  pool.on('error', () => {});
  await store.instance();
  await store.syncNodes(deriveNodeCapacities(site));
  await store.syncStps(deriveStpCapacities(site));
  return {
    site,
    url,
    context,
    store,
    provider: createProvider(context),
    compute,
    network,
    anotherStore,
    async cutOff(dying) {
      stores.delete(dying);
      await dying.close();
    },
    async startEngine(changes = {}, options = {}) {
      const engine = createEngine({ ...context, ...changes }, options);
      engines.push(engine);
      await engine.start();
      return engine;
    },
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    async close() {
      await Promise.all(engines.map((engine) => engine.stop()));
      await Promise.all([...stores].map((opened) => opened.close()));
      await pool.end();
    },
  };
}

const alpha: Requester = { subject: 'alice', tenant: 'alpha', role: 'tenant' };

/** A new request by tenant alpha, unless said otherwise. */
export const call = (changes: Partial<Requester> = {}, correlationId = `urn:uuid:${randomUUID()}`): CallContext => ({
  requester: { ...alpha, ...changes },
  correlationId,
});

export const operator = (): CallContext => ({
  requester: { subject: 'root', role: 'operator' },
  correlationId: `urn:uuid:${randomUUID()}`,
});

export const request = (criteria: Partial<Criteria> = {}, changes: Partial<ReserveRequest> = {}): ReserveRequest => ({
  autoProvision: false,
  terminateOnRelease: false,
  criteria: sampleCriteria(criteria),
  ...changes,
});

/** Every table that a refused request might have touched, as text. Requests and histories included. */
export async function snapshot(iris: SiteUnderTest): Promise<string> {
  const tables = await iris.sql<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push(name, await iris.sql(`SELECT t.* FROM "${name}" t ORDER BY t::text`));
  return JSON.stringify(rows);
}

/** What the operation is refused with; fails where it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<IrisError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof IrisError) return outcome;
  throw new Error(`not refused, but ${String(outcome)}`, { cause: outcome });
}

export async function reservationOf(iris: SiteUnderTest, connectionId: string): Promise<Reservation> {
  const found = await iris.store.findReservation(connectionId);
  if (found === undefined) throw new Error(`${connectionId} is lost`);
  return found;
}

export const becomes = (
  iris: SiteUnderTest,
  connectionId: string,
  what: string,
  is: (reservation: Reservation) => boolean,
): Promise<Reservation> =>
  eventually(`${connectionId} ${what}`, async () => {
    const reservation = await reservationOf(iris, connectionId);
    return is(reservation) ? reservation : undefined;
  });

export const isActive = ({ states }: Reservation): boolean => states.dataPlane.active;

/** Names of all domains of ours, on nodes that answer. */
export async function domainsOn(iris: SiteUnderTest): Promise<string[]> {
  const nodes = iris.site.nodes.filter((node) => node.compute !== undefined);
  const seen = await Promise.all(nodes.map((node) => iris.compute.observe(node.name).catch(() => [])));
  return seen.flat().map((domain) => `${domain.node} ${domain.vmName} ${domain.state}`);
}

export async function visOnSwitches(iris: SiteUnderTest): Promise<number[]> {
  const seen = await Promise.all(
    iris.site.nodes.map((node) => iris.network.observe(node.name).catch(() => ({ viNumbers: [] }))),
  );
  return [...new Set(seen.flatMap((observed) => observed.viNumbers))].sort((a, b) => a - b);
}

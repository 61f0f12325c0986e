/**
 * Two processes of this version while a newer one has brought the schema further, as during an upgrade: by what docs/database.md allows a
 * migration to do, they go on with all they do, take over from each other, and only one that is started anew refuses.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { createRmsClient, type RmsClient } from '../../src/client/rms-client.js';
import type { HealthView } from '../../src/domain/ports/provider.js';
import type { WireReservation } from '../../src/wire/rms/types.js';
import { type RunningSite, runIris, startSite } from '../cli/running-site.js';
import { openSession } from '../support/bypass.js';
import { eventually } from '../support/eventually.js';
import { testDatabase } from '../support/postgres.js';

const names = { site: 'fake', gateway: '198.51.100.1', peer: 'elsewhere', peerGateway: '198.51.100.2' };
const waitMs = 60_000;

/** All that a migration may do while the version before runs: a column on every table, a table, a view, a function, an index, a comment. */
const expandSql = `
  DO $$
  DECLARE known text;
  BEGIN
    FOR known IN SELECT relname FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migration'
    LOOP
      EXECUTE format('ALTER TABLE %I ADD COLUMN of_the_future text', known);
      EXECUTE format('ALTER TABLE %I ADD COLUMN since_the_future timestamptz NOT NULL DEFAULT now()', known);
    END LOOP;
  END $$;
  CREATE TABLE future (id bigserial PRIMARY KEY, connection_id uuid);
  CREATE INDEX future_by_reservation ON reservation (of_the_future) WHERE of_the_future IS NOT NULL;
  CREATE VIEW futures AS SELECT * FROM future;
  CREATE FUNCTION note_future() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
  CREATE TRIGGER note_future AFTER INSERT OR UPDATE ON reservation FOR EACH ROW EXECUTE FUNCTION note_future();
  COMMENT ON TABLE reservation IS 'As a later version puts it.';
  INSERT INTO schema_migration (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999');`;

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

const criteriaOf = (key: number, count: number) =>
  ({
    segment: { key, encapsulation: 'gre' },
    vms: [{ name: 'vm', count, cpus: 1, memoryMiB: 64, diskGiB: 1, image: 'small', nics: [{}] }],
    ...{ externalPorts: [], peers: [], hosts: [] },
  }) as never;

interface Process {
  site: RunningSite;
  client: RmsClient;
}

describe('side by side during an upgrade', function () {
  this.timeout(240_000);
  let folder: string;
  let url: string;
  let session: pg.Client;
  const processes: Process[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-test-upgrade-'));
    url = await testDatabase();
    session = await openSession(url);
    for (const name of ['one', 'two']) processes.push(await startOne(name));
  });
  after(async () => {
    for (const { client } of processes) client.close();
    await Promise.all(processes.map(({ site }) => site.stop('SIGKILL')));
    await session?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const siteOf = (name: string) => ({
    ...names,
    more: `process: ${name}\nsimulation: { directory: ${join(folder, 'nodes')} }\nreservations: { resyncSeconds: 1 }\n`,
  });

  async function startOne(name: string): Promise<Process> {
    const site = await startSite(join(folder, name), siteOf(name), { DATABASE_URL: url });
    return {
      site,
      client: createRmsClient({ url: site.url, user: 'acme', password: 'acme-secret', timeoutMs: waitMs }),
    };
  }

  const until = (client: RmsClient, connectionId: string, what: string, is: (r: WireReservation) => boolean) =>
    eventually(
      `${connectionId} ${what}`,
      async () => {
        const { reservation } = await client.getReservation({ connectionId });
        return is(reservation) && reservation;
      },
      waitMs,
    );
  const isUp = ({ states: { dataPlaneStatus } }: WireReservation): boolean =>
    dataPlaneStatus.active && dataPlaneStatus.versionConsistent;

  async function build({ client }: Process, key: number): Promise<string> {
    const { reservation } = await client.reserve({ correlationId: correlationId(), criteria: criteriaOf(key, 1) });
    const { connectionId } = reservation;
    await client.commit({ correlationId: correlationId(), connectionId });
    await until(client, connectionId, 'is up', isUp);
    return connectionId;
  }

  /** Everything that a tenant may ask for, over one of them. */
  async function liveThrough(process: Process, key: number): Promise<void> {
    const { client } = process;
    const connectionId = await build(process, key);
    const asked = () => ({ correlationId: correlationId(), connectionId });
    await client.modify({ ...asked(), criteria: criteriaOf(key, 2) });
    await client.abort(asked());
    const { reservation } = await client.modify({ ...asked(), criteria: criteriaOf(key, 2) });
    await client.commit(asked());
    const version = reservation.held!.version;
    await until(client, connectionId, 'has grown', (r) => isUp(r) && r.states.dataPlaneStatus.version === version);
    await client.listReservations({} as never);
    await client.getSite({} as never);
    await client.terminate(asked());
    await until(client, connectionId, 'is over', ({ states }) => states.lifecycleState === 'Terminated');
  }

  const healthOf = async ({ site }: Process): Promise<HealthView> =>
    (await fetch(new URL('/health', site.url))).json() as Promise<HealthView>;

  let standing: string;

  it('both go on with a schema that a newer version has expanded under them', async () => {
    const [one, two] = processes as [Process, Process];
    standing = await build(one, 1);
    await liveThrough(two, 2);
    await session.query(expandSql);
    for (const process of [one, two]) {
      assert.ok(isUp((await process.client.getReservation({ connectionId: standing })).reservation));
      await liveThrough(process, 3);
      const { ok, database } = await healthOf(process);
      assert.deepEqual([ok, database.ok], [true, true]);
    }
  });

  it('one that is started now refuses, and disturbs neither', async () => {
    const { code, stderr } = await runIris(['serve', '--config', processes[0]!.site.configFile], { DATABASE_URL: url });
    assert.equal(code, 5, stderr);
    assert.match(stderr, /newer than this version of Iris \(it has FromTheFuture9999999999999\)/);
    for (const process of processes) await liveThrough(process, 4);
  });

  it('one takes over from the other, and ends by itself when it is its turn', async () => {
    const leads = await Promise.all(processes.map(async (process) => (await healthOf(process)).processes!.leads));
    assert.deepEqual([...leads].sort(), [false, true]);
    const leader = processes[leads.indexOf(true)]!;
    const other = processes[leads.indexOf(false)]!;
    await leader.site.stop('SIGKILL');
    await eventually('the other leads', async () => (await healthOf(other)).processes!.leads, waitMs);
    assert.ok(isUp((await other.client.getReservation({ connectionId: standing })).reservation));
    await liveThrough(other, 5);
    const { rows } = await session.query("SELECT FROM history WHERE connection_id = $1 AND to_state = 'active'", [
      standing,
    ]);
    assert.equal(rows.length, 1);
    const { code, stderr } = await other.site.stop();
    assert.equal(code, 0, stderr);
  });
});

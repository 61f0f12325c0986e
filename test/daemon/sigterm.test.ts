/**
 * A daemon that is told to stop by SIGTERM, in the middle of things: an answer that takes a while, a build, a callback. What is being answered is
 * answered, it ends by itself with code 0, and the next start goes on without doing anything twice.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { createRmsClient, type RmsClient } from '../../src/client/rms-client.js';
import { type RunningSite, startSite } from '../cli/running-site.js';
import { openSession } from '../support/bypass.js';
import { eventually } from '../support/eventually.js';
import { testDatabase } from '../support/postgres.js';
import { exchange } from '../ws/nsi/exchange.js';
import { element, envelope, hear, nsiHeader, write } from '../ws/nsi/nsi-messages.js';
import { reserveOf, vi } from '../ws/nsi/nsi-requests.js';

const names = { site: 'fake', gateway: '198.51.100.1', peer: 'elsewhere', peerGateway: '198.51.100.2' };
const nodes = ['n1', 'n2', 'n3'];
const vms = 2;
const waitMs = 60_000;

const criteria = {
  segment: { key: 7, encapsulation: 'gre' },
  vms: [{ name: 'vm', count: vms, cpus: 1, memoryMiB: 64, diskGiB: 1, image: 'small', nics: [{}] }],
  ...{ externalPorts: [], peers: [], hosts: [] },
} as never;

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

describe('a daemon that is told to stop by SIGTERM', function () {
  this.timeout(240_000);
  let folder: string;
  let url: string;
  let session: pg.Client;
  const running = new Set<RunningSite>();
  const clients = new Set<RmsClient>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-test-sigterm-'));
    url = await testDatabase();
    session = await openSession(url);
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients.clear();
    await Promise.all([...running].map((site) => site.stop('SIGKILL')));
    running.clear();
    await session.end();
    await rm(folder, { recursive: true, force: true });
  });

  const simulated = (latencyMs: number, stopSeconds: number): string =>
    `simulation: { directory: ${join(folder, 'nodes')}, latencyMs: ${latencyMs} }\nreservations: { stopSeconds: ${stopSeconds} }\n`;

  async function start(more = ''): Promise<{ site: RunningSite; client: RmsClient }> {
    const site = await startSite(folder, { ...names, more }, { DATABASE_URL: url });
    running.add(site);
    const client = createRmsClient({ url: site.url, user: 'acme', password: 'acme-secret', timeoutMs: waitMs });
    clients.add(client);
    return { site, client };
  }

  async function endsWell(stopped: Promise<{ code: number | null; stderr: string }>, site: RunningSite): Promise<void> {
    const { code, stderr } = await stopped;
    running.delete(site);
    assert.equal(code, 0, stderr);
  }

  const rows = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await session.query<Row>(sql, values)).rows;

  async function reserve(client: RmsClient, autoProvision = false): Promise<string> {
    const { reservation } = await client.reserve({ correlationId: correlationId(), autoProvision, criteria });
    return reservation.connectionId;
  }

  /** Each domain on the simulated nodes: who it is, and when it was last written. */
  const domains = (): string[] =>
    nodes
      .flatMap((node) => {
        const kept = join(folder, 'nodes', node, 'domains');
        if (!existsSync(kept)) return [];
        return readdirSync(kept)
          .filter((name) => name.endsWith('.json'))
          .map((name) => {
            const { state } = JSON.parse(readFileSync(join(kept, name), 'utf8')) as { state: string };
            return `${node} ${name} ${state} ${statSync(join(kept, name)).mtimeMs}`;
          });
      })
      .sort();

  const isActive = async (connectionId: string): Promise<boolean> => {
    const [row] = await rows<{ active: boolean }>(
      'SELECT data_plane_active AS active FROM reservation WHERE connection_id = $1',
      [connectionId],
    );
    return row!.active;
  };
  const timesActive = async (connectionId: string): Promise<number> =>
    (await rows("SELECT FROM history WHERE connection_id = $1 AND to_state = 'active'", [connectionId])).length;

  it('finishes what is being answered, takes nothing new, and the next start has it', async () => {
    const { site, client } = await start();
    const connectionId = await reserve(client);
    await session.query('BEGIN');
    await session.query('SELECT FROM reservation WHERE connection_id = $1 FOR UPDATE', [connectionId]);
    const asked = { correlationId: correlationId(), connectionId };
    const answer = client.commit(asked);
    answer.catch(() => {});
    const observer = await openSession(url);
    try {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually('the commit waits', async () => (await observer.query(waiting)).rowCount === 1, waitMs);
    } finally {
      await observer.end();
    }
    const stopped = site.stop();
    const isClosed = () =>
      fetch(new URL('/health', site.url)).then(
        () => false,
        () => true,
      );
    await eventually('nothing new is taken', isClosed, waitMs);
    await session.query('COMMIT');
    const { reservation } = await answer;
    assert.equal(reservation.committed?.version, 1);
    await endsWell(stopped, site);

    const next = await start();
    const again = await next.client.commit(asked);
    assert.deepEqual(again.reservation.states, reservation.states);
    assert.equal((await rows('SELECT FROM node_allocation WHERE connection_id = $1', [connectionId])).length, vms);
    await endsWell(next.site.stop(), next.site);
  });

  it('finishes a build that does not take long; the next start touches nothing of it', async () => {
    const { site, client } = await start(simulated(500, 60));
    const connectionId = await reserve(client, true);
    await client.commit({ correlationId: correlationId(), connectionId });
    await eventually('the build has begun', () => domains().length > 0, waitMs);
    await endsWell(site.stop(), site);
    assert.deepEqual([await isActive(connectionId), await timesActive(connectionId)], [true, 1]);
    const built = domains();
    assert.equal(built.filter((domain) => domain.includes(' running ')).length, vms);

    const next = await start(simulated(0, 60));
    await eventually('the next one has looked', async () => (await rows('SELECT FROM due_work')).length === 0, waitMs);
    assert.deepEqual([domains(), await timesActive(connectionId)], [built, 1]);
    await endsWell(next.site.stop(), next.site);
  });

  it('leaves a build that hangs to the next start, which finishes it at once', async () => {
    const { site, client } = await start(simulated(60_000, 1));
    const connectionId = await reserve(client, true);
    await client.commit({ correlationId: correlationId(), connectionId });
    const claimed = "SELECT FROM due_work WHERE kind = 'reconcile' AND locked_by IS NOT NULL";
    await eventually('the build has begun', async () => (await rows(claimed)).length === 1, waitMs);
    await endsWell(site.stop(), site);
    assert.equal(await isActive(connectionId), false);

    const next = await start(simulated(0, 1));
    await eventually('it is built', () => isActive(connectionId), waitMs);
    assert.deepEqual([domains().length, await timesActive(connectionId)], [vms, 1]);
    assert.equal((await rows('SELECT FROM node_allocation WHERE connection_id = $1', [connectionId])).length, vms);
    await endsWell(next.site.stop(), next.site);
  });

  it('leaves a callback that nobody answers to the next start, which sends it', async () => {
    const heard: string[] = [];
    let answers = false;
    const requester = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const { element: kind, header } = hear(Buffer.concat(chunks).toString());
        heard.push(`${kind} ${header?.correlationId}`);
        if (answers)
          response.setHeader('Content-Type', 'text/xml').end(envelope(nsiHeader(), element('acknowledgment', '')));
      });
    });
    await new Promise<void>((resolve) => requester.listen(0, '127.0.0.1', resolve));
    try {
      const said = {
        correlationId: correlationId(),
        requesterNsa: 'urn:ogf:network:acme.example:2026:nsa',
        providerNsa: 'urn:ogf:network:fake.example:2026:nsa',
        replyTo: `http://127.0.0.1:${(requester.address() as AddressInfo).port}/`,
      };
      const { site } = await start();
      const asked = envelope(nsiHeader(said), write('reserve', reserveOf([vi()])));
      const { text } = await exchange(new URL('/nsi/provider', site.url), asked);
      assert.equal(hear(text).element, 'reserveResponse', text);
      const told = `reserveConfirmed ${said.correlationId}`;
      await eventually('the requester is called', () => heard.length > 0, waitMs);
      await endsWell(site.stop(), site);
      const pending = "SELECT FROM outbox WHERE state = 'pending'";
      assert.deepEqual([heard, (await rows(pending)).length], [[told], 1]);

      answers = true;
      const next = await start();
      await eventually('it is delivered', async () => (await rows(pending)).length === 0, waitMs);
      assert.deepEqual(heard, [told, told]);
      await endsWell(next.site.stop(), next.site);
    } finally {
      requester.close();
      requester.closeAllConnections();
    }
  });
});

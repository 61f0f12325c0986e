import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createRmsClient,
  type RmsClient,
  type RmsClientOptions,
  RmsConnectionError,
} from '../../src/client/rms-client.js';
import { RmsFault } from '../../src/client/rms-fault.js';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import type { RmsRequest } from '../../src/wire/rms/types.js';
import { WireValueError } from '../../src/wire/xml/wire-value-error.js';
import { exampleCriteria } from '../ws/support/fake-provider.js';
import { type RunningService, startService } from '../ws/support/running-service.js';

const correlationId = 'urn:uuid:00000000-0000-4000-8000-000000000001';
const { schedule, ...criteria } = exampleCriteria;
const reserve: RmsRequest<'reserve'> = {
  correlationId,
  description: ' spaces and\r\nlines stay ',
  tenant: 'red',
  terminateOnRelease: false,
  criteria: { ...criteria, schedule: { startTime: schedule.start, endTime: schedule.end } },
};

describe('rms client', () => {
  let running: RunningService;
  let clients: RmsClient[] = [];
  const connect = (options: Partial<RmsClientOptions> = {}): RmsClient => {
    const client = createRmsClient({ url: running.url, user: 'alice', password: 'wonderland', ...options });
    clients.push(client);
    return client;
  };
  beforeEach(async () => {
    running = await startService();
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    clients = [];
    await running.service.stop();
  });

  it('sends a reserve as it was said, with the defaults that the contract documents', async () => {
    await connect().reserve(reserve);
    const [asked] = running.provider.asked;
    assert.equal(asked?.operation, 'reserve');
    assert.deepEqual(asked?.request, {
      description: ' spaces and\r\nlines stay ',
      tenant: 'red',
      autoProvision: true,
      terminateOnRelease: false,
      criteria: exampleCriteria,
    });
    assert.deepEqual(asked?.context, {
      requester: { subject: 'alice', role: 'tenant', tenant: 'red' },
      correlationId,
    });
  });

  it('has a method for every operation, with times, numbers, booleans and arrays read as such', async () => {
    const client = connect();
    const change = { correlationId, connectionId: 'c-1' };
    for (const operation of ['commit', 'abort', 'provision', 'release', 'terminate'] as const) {
      const { reservation } = await client[operation](change);
      assert.equal(reservation.held?.holdExpires?.toISOString(), '2029-12-31T23:02:00.000Z');
      assert.deepEqual(reservation.committed?.vms[0]?.nics[0]?.port, 'v7-0');
      assert.equal(reservation.states.dataPlaneStatus.versionConsistent, false);
    }
    await client.modify({ ...change, version: 3, criteria: reserve.criteria });
    const view = await client.getReservation({ connectionId: 'c-1' });
    assert.deepEqual(view.registry[1]?.ips, []);
    assert.equal(view.history.length, 2);
    const list = await client.listReservations({
      tenant: 'red',
      reservationStates: ['ReserveHeld'],
      lifecycleStates: [],
      startTime: new Date('2030-01-01T00:00:00Z'),
      pageSize: 10,
      after: 'page-1',
    });
    assert.equal(list.next, 'page-2');
    assert.deepEqual((await client.getSite({})).externalPorts[0]?.vlans, ['0', '100-199']);
    assert.deepEqual((await client.getAvailability({})).takenSegmentKeys, [4711]);
    const { correlationId: _, ...plan } = reserve;
    assert.match((await client.planReservation(plan)).domains[0]!.xml, /<domain type="kvm">\r\n <name>/);
    const explained = await client.explain({
      connectionId: 'c-1',
      from: '52:54:00:00:00:0A',
      to: '52:54:00:00:00:02',
      vlan: undefined,
    });
    const [step] = explained.steps;
    assert.deepEqual(
      step?.rules.map(({ table, priority, actions, viNumber }) => [table, priority, actions, viNumber]),
      [
        ['classify', 100, ['goto_table:1'], '4294967295'],
        ['sender', undefined, [], undefined],
      ],
    );
    assert.deepEqual([step?.outputs[0]?.leadsTo, explained.outcome], ['site', 'goes to site osaka']);
    const drained = await client.setNode({ node: 'n1', action: 'drain' });
    assert.deepEqual(drained.moved, ['c-2']);
    assert.deepEqual(
      drained.holders.map(({ connectionId, built, endTime }) => [connectionId, built, endTime === undefined]),
      [
        ['c-1', true, true],
        ['c-3', false, false],
      ],
    );
    const { orphans } = await client.listOrphans({});
    assert.deepEqual(
      orphans.map(({ id, state, tenant, version, adoptable }) => [id, state, tenant, version, adoptable]),
      [['c-9', 'unknown', 'red', 2, true]],
    );
    const resolved = await client.resolveOrphan({ correlationId: reserve.correlationId, id: 'c-9', action: 'adopt' });
    assert.equal(resolved.reservation.connectionId, 'c-1');
    assert.equal((await client.acceptDatabase({})).restoredReason, 'a dump');
    assert.deepEqual(
      running.provider.asked.map((a) => a.operation),
      [
        'commit',
        'abort',
        'provision',
        'release',
        'terminate',
        'modify',
        'getReservation',
        'listReservations',
        'getSite',
        'getAvailability',
        'planReservation',
        'explain',
        'setNode',
        'listOrphans',
        'resolveOrphan',
        'acceptDatabase',
      ],
    );
    assert.deepEqual(running.provider.asked[7]?.request, {
      tenant: 'red',
      reservationStates: ['ReserveHeld'],
      from: new Date('2030-01-01T00:00:00Z'),
      page: { limit: 10, after: 'page-1' },
    });
  });

  it('turns a fault into an RmsFault with id, variables and connection', async () => {
    running.provider.before = async () => {
      throw new IrisError('capacityUnavailable', {
        what: 'node n1 has 2 CPUs free, 4 are needed',
        variables: { node: 'n1', cpus: '4' },
        connectionId: 'c-9',
      });
    };
    await assert.rejects(connect().reserve(reserve), (error) => {
      assert(error instanceof RmsFault);
      assert.equal(error.errorId, '00705');
      assert.equal(error.code, 'CAPACITY_UNAVAILABLE');
      assert.equal(error.site, 'tokyo');
      assert.equal(error.connectionId, 'c-9');
      assert.deepEqual(error.variables, { node: 'n1', cpus: '4' });
      assert.match(error.text, /node n1 has 2 CPUs free/);
      return true;
    });
  });

  it('says that the password is wrong', async () => {
    await assert.rejects(connect({ password: 'guess' }).getSite({}), { name: 'RmsFault', errorId: '00301' });
  });

  it('sends nothing that the schema cannot say', async () => {
    const client = connect();
    const cpus = 1.5;
    const wrong = { ...reserve, criteria: { ...reserve.criteria, vms: [{ ...reserve.criteria.vms[0]!, cpus }] } };
    await assert.rejects(client.reserve(wrong), (error) => {
      assert(error instanceof WireValueError);
      assert.equal(error.path, 'reserve/criteria/vm[1]/cpus');
      return true;
    });
    assert.equal(running.provider.asked.length, 0);
  });

  it('says where nobody answers, and that no answer came in time', async () => {
    const closed = http.createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/rms`;
    await new Promise((resolve) => closed.close(resolve));
    await assert.rejects(connect({ url }).getSite({}), (error) => {
      assert(error instanceof RmsConnectionError);
      assert.equal(error.url, url);
      assert.equal((error.cause as { code?: string }).code, 'ECONNREFUSED');
      return true;
    });
    let answer = () => {};
    running.provider.before = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    await assert.rejects(connect({ timeoutMs: 50 }).getSite({}), { name: 'RmsConnectionError' });
    answer();
  });

  it('takes nothing but an rms service for one', async () => {
    const other = http.createServer((_request, response) => response.end('<html><body>hello</body></html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/rms`;
    await assert.rejects(connect({ url }).getSite({}), { name: 'RmsConnectionError', url });
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  });
});

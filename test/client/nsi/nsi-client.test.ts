/** A requester of ours and a provider of ours, over HTTP: called back and polled, with answers and callbacks that are lost, late or garbage. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CallbackInbox, createCallbackInbox } from '../../../src/client/nsi/callback-inbox.js';
import {
  createNsiClient,
  type NotificationTold,
  type NsiClient,
  type NsiClientOptions,
  ofConnection,
} from '../../../src/client/nsi/nsi-client.js';
import { NsiConnectionError, NsiFault, NsiOverdue } from '../../../src/client/nsi/nsi-fault.js';
import { silentLog } from '../../../src/lib/log.js';
import type { WireHeader } from '../../../src/wire/nsi/framework-types.js';
import { WireValueError } from '../../../src/wire/xml/wire-value-error.js';
import { type CallbackService, startCallbackService } from '../../../src/ws/callback-service.js';
import { createCallbackWriter } from '../../../src/ws/nsi/callback-writer.js';
import { eventually } from '../../support/eventually.js';
import { aggregator, element, envelope, newId, nsiHeader, ourNsa, write } from '../../ws/nsi/nsi-messages.js';
import { reserveOf, vi } from '../../ws/nsi/nsi-requests.js';
import { type NsiService, startNsi } from '../../ws/nsi/nsi-service.js';

const alice = { user: 'alice', password: 'wonderland' };

describe('nsi: a requester of ours', () => {
  let nsi: NsiService;
  let service: CallbackService;
  const inbox = createCallbackInbox();
  const clients: NsiClient[] = [];
  let key = 7000;
  before(async () => {
    nsi = await startNsi();
    await nsi.startEngine({ callbackWriter: createCallbackWriter(ourNsa) });
    service = await startCallbackService({
      ...{ listen: '127.0.0.1:0', nsa: aggregator, callbacks: inbox, log: silentLog },
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  after(async () => {
    await nsi.close();
    await service.stop();
  });

  const clientOf = (changes: Partial<NsiClientOptions> = {}): NsiClient => {
    const url = new URL('/nsi/provider', nsi.url).href;
    const client = createNsiClient({
      url,
      provider: { nsaId: ourNsa },
      requesterNsa: aggregator,
      ...alice,
      ...changes,
    });
    clients.push(client);
    return client;
  };
  /** Nothing is found by looking: what is heard is heard by callback. */
  const called = (): Partial<NsiClientOptions> => ({
    callbacks: { inbox, replyTo: service.url },
    lookMs: 3_600_000,
  });
  const machine = { name: 'vm', cpus: 1, memoryMiB: 256, diskGiB: 1, image: 'small', nics: [{}] };
  const smallVi = () => {
    key += 1;
    return vi({ segment: { key, encapsulation: 'gre' }, vms: [machine] });
  };
  const endTime = new Date('2040-01-01T00:00:00.000Z');

  const ways: [way: string, options: () => Partial<NsiClientOptions>][] = [
    ['called back', called],
    ['polling', () => ({ pollMs: 50 })],
  ];
  for (const [way, options] of ways)
    it(`${way}: leads a reservation through its life with a modification, and hears what happens to it`, async () => {
      const client = clientOf(options());
      const { response, outcome } = await client.begin('reserve', reserveOf([smallVi()]));
      const held = await outcome;
      assert(held.kind === 'reserveConfirmed');
      const { connectionId } = held.value;
      assert.equal(response.connectionId, connectionId);
      const told: NotificationTold[] = [];
      const stop = client.follow(connectionId, (notification) => told.push(notification));

      assert.equal((await client.perform('reserveCommit', { connectionId })).kind, 'reserveCommitConfirmed');
      const change = reserveOf([], { schedule: { endTime } }, { connectionId });
      assert.equal((await client.perform('reserve', change)).kind, 'reserveConfirmed');
      assert.equal((await client.perform('reserveAbort', { connectionId })).kind, 'reserveAbortConfirmed');
      await client.perform('reserve', change);
      await client.perform('reserveCommit', { connectionId });
      assert.equal((await client.perform('provision', { connectionId })).kind, 'provisionConfirmed');

      const { reservations } = await client.query('querySummary', ofConnection(connectionId));
      assert.equal(reservations[0]?.connectionStates.dataPlaneStatus.active, true);
      assert.deepEqual(reservations[0]?.criteria[0]?.schedule.endTime, endTime);
      const { notifications } = await client.query('queryNotification', { connectionId });
      assert.equal(notifications[0]?.element, 'dataPlaneStateChange');
      const { results } = await client.query('queryResult', { connectionId, startResultId: 2, endResultId: 2 });
      assert.equal(results[0]?.outcome.element, 'reserveCommitConfirmed');

      assert.equal((await client.perform('release', { connectionId })).kind, 'releaseConfirmed');
      assert.equal((await client.perform('terminate', { connectionId })).kind, 'terminateConfirmed');
      await eventually('both changes of the data plane are told', () => told.length > 1);
      stop();
      assert.deepEqual(
        told.map(({ kind, value }) => [kind, value.notificationId]),
        [
          ['dataPlaneStateChange', 1],
          ['dataPlaneStateChange', 2],
        ],
      );
    });

  it('queryRecursive is answered by callback only', async () => {
    const { reservations } = await clientOf(called()).query('queryRecursive', ofConnection('nowhere'));
    assert.deepEqual(reservations, []);
    await assert.rejects(clientOf().query('queryRecursive', ofConnection('nowhere')), /takes none/);
  });

  it('what cannot be had is an outcome; what is refused at once is a fault', async () => {
    const client = clientOf(called());
    const big = vi({ segment: { key: 7, encapsulation: 'gre' }, vms: [{ ...machine, cpus: 99 }] });
    const failed = await client.perform('reserve', reserveOf([big]));
    assert(failed.kind === 'reserveFailed');
    assert.equal(failed.value.serviceException.errorId, '00705');
    await assert.rejects(client.perform('provision', { connectionId: failed.value.connectionId }), (error) => {
      assert(error instanceof NsiFault);
      assert.deepEqual([error.errorId, error.nsaId, error.operation], ['00201', ourNsa, 'provision']);
      assert.equal(error.variables.reservationState, 'ReserveFailed');
      return true;
    });
    await assert.rejects(clientOf({ password: 'wrong' }).send('querySummarySync', ofConnection('x')), {
      errorId: '00301',
    });
    await assert.rejects(clientOf({ provider: { nsaId: aggregator } }).send('querySummarySync', ofConnection('x')), {
      errorId: '00102',
    });
  });

  it('a query that has a Sync form needs no callback', async () => {
    // Nobody takes callbacks there.
    const client = clientOf({ callbacks: { inbox, replyTo: 'http://127.0.0.1:9/nsi/requester' }, lookMs: 3_600_000 });
    assert.deepEqual(await client.query('querySummary', ofConnection('nowhere')), { reservations: [] });
  });

  it('notifications of what was asked for are taken before anybody follows it, and after the client was closed', async () => {
    const told: number[] = [];
    const dataPlaneStatus = { active: false, version: 0, versionConsistent: true };
    const notify = (at: CallbackInbox, connectionId: string, notificationId: number) =>
      at.take(
        {
          header: { correlationId: newId(), providerNsa: ourNsa } as WireHeader,
          element: 'dataPlaneStateChange',
          value: { connectionId, notificationId, timeStamp: new Date(), dataPlaneStatus },
        },
        {},
      );
    const client = clientOf(called());
    const { connectionId } = (await client.begin('reserve', reserveOf([smallVi()]))).response;
    assert.equal(notify(inbox, connectionId, 1), 'taken');
    client.follow(connectionId, ({ value }) => told.push(value.notificationId));
    assert.equal(notify(inbox, connectionId, 2), 'taken');
    client.close();
    assert.equal(notify(inbox, connectionId, 3), 'taken');
    assert.deepEqual(told, [2]);

    // As one that goes on with what another process reserved.
    const later = createCallbackInbox();
    const other = clientOf({ callbacks: { inbox: later, replyTo: service.url } });
    await other.begin('terminate', { connectionId });
    assert.equal(notify(later, connectionId, 4), 'taken');
  });

  it('what was overtaken is an error', async () => {
    const client = clientOf(called());
    const start = { schedule: { startTime: new Date('2039-01-01T00:00:00Z') } };
    const { connectionId } = (await client.begin('reserve', reserveOf([smallVi()], start))).response;
    await client.perform('reserveCommit', { connectionId });
    const correlationId = newId();
    inbox.expect({ correlationId, provider: { nsaId: ourNsa }, kinds: ['provisionConfirmed'] });
    const error = { serviceException: { nsaId: ourNsa, errorId: '201', text: 'overtaken', childExceptions: [] } };
    const header = { correlationId, providerNsa: ourNsa } as WireHeader;
    inbox.take({ header, element: 'error', value: error }, {});
    await assert.rejects(client.perform('provision', { connectionId }, { correlationId }), { errorId: '00201' });
    await client.perform('terminate', { connectionId });
  });

  it('a request that is repeated under its id is served once, and has the same outcome', async () => {
    for (const [, options] of ways) {
      const client = clientOf(options());
      const correlationId = newId();
      const request = reserveOf([smallVi()]);
      const first = await client.perform('reserve', request, { correlationId });
      assert.deepEqual(await client.perform('reserve', request, { correlationId }), first);
    }
  });

  it('a callback that is lost is made up for by looking', async () => {
    // Nobody takes callbacks there.
    const replyTo = 'http://127.0.0.1:9/nsi/requester';
    const client = clientOf({ callbacks: { inbox, replyTo }, lookMs: 50 });
    const { kind, value } = await client.perform('reserve', reserveOf([smallVi()]));
    assert(kind === 'reserveConfirmed');
    await client.perform('reserveCommit', { connectionId: value.connectionId });
    await client.perform('provision', { connectionId: value.connectionId });
    const told: NotificationTold[] = [];
    client.follow(value.connectionId, (notification) => told.push(notification));
    await eventually('the data plane is told of', () => told[0]?.kind === 'dataPlaneStateChange');
  });

  it('a request that is not as the contract has it is not sent', async () => {
    const client = clientOf({ url: 'http://127.0.0.1:9/nsi/provider' });
    const wrong = reserveOf([{ namespace: '', name: 'x', xml: '<unqualified/>' }]);
    await assert.rejects(client.send('reserve', wrong), WireValueError);
    await assert.rejects(client.send('terminate', { connectionId: 'c' }, { correlationId: 'x' }), WireValueError);
    await assert.rejects(client.send('terminate', { connectionId: 'c' }), (error) => {
      assert(error instanceof NsiConnectionError);
      assert.match(error.message, /nobody listens there/);
      return true;
    });
  });
});

describe('nsi: a requester of ours, and what is no provider', () => {
  let server: http.Server;
  let answer: (asked: string) => { status?: number; body: string };
  let client: NsiClient;
  let options: NsiClientOptions;
  before(async () => {
    server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const { status = 200, body } = answer(Buffer.concat(chunks).toString());
        response.writeHead(status, { 'Content-Type': 'text/xml' });
        if (body !== '') response.end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    options = { url, provider: { nsaId: ourNsa }, requesterNsa: aggregator };
    client = createNsiClient({ ...options, timeoutMs: 2_000 });
  });
  after(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = () => client.send('terminate', { connectionId: 'c-1' });
  const idOf = (asked: string): string => /<correlationId>([^<]*)/.exec(asked)![1]!;
  const acknowledgment = element('acknowledgment', '');

  it('an acknowledgment under the id of the request is one', async () => {
    answer = (asked) => ({ body: envelope(nsiHeader({ correlationId: idOf(asked) }), acknowledgment) });
    assert.deepEqual(await ask(), {});
  });

  it('an outcome that does not come has a deadline; one that comes later is known when it is asked for again', async () => {
    const nothing = write('queryResultSyncConfirmed', { results: [] });
    answer = (asked) => ({ body: envelope(head(asked), asked.includes('queryResultSync') ? nothing : acknowledgment) });
    const inbox = createCallbackInbox();
    const callbacks = { inbox, replyTo: 'http://127.0.0.1:9/nsi/requester' };
    const hasty = createNsiClient({ ...options, callbacks, lookMs: 20, outcomeMs: 100 });
    const correlationId = newId();
    const provision = () => hasty.perform('provision', { connectionId: 'c-1' }, { correlationId });
    await assert.rejects(provision(), NsiOverdue);
    const header = { correlationId, providerNsa: ourNsa } as WireHeader;
    const late = { header, element: 'provisionConfirmed', value: { connectionId: 'c-1' } } as const;
    assert.equal(inbox.take(late, {}), 'taken');
    assert.equal((await provision()).kind, 'provisionConfirmed');
    hasty.close();
    const polling = createNsiClient({ ...options, outcomeMs: 100, pollMs: 20 });
    await assert.rejects(polling.perform('provision', { connectionId: 'c-1' }), NsiOverdue);
    polling.close();
  });

  it('what is told is heard while a look for it is not answered; a look takes no longer than there is time', async () => {
    const inbox = createCallbackInbox();
    const callbacks = { inbox, replyTo: 'http://127.0.0.1:9/nsi/requester' };
    const slow = { ...options, timeoutMs: 3_600_000 };
    const correlationId = newId();
    const toldAtALook = (asked: string) => {
      if (!asked.includes('queryResultSync')) return { body: envelope(head(asked), acknowledgment) };
      const header = { correlationId, providerNsa: ourNsa } as WireHeader;
      inbox.take({ header, element: 'provisionConfirmed', value: { connectionId: 'c-1' } }, {});
      return { body: '' };
    };
    answer = toldAtALook;
    const called = createNsiClient({ ...slow, callbacks, lookMs: 20 });
    const told = await called.perform('provision', { connectionId: 'c-1' }, { correlationId });
    assert.equal(told.kind, 'provisionConfirmed');
    called.close();

    const polling = createNsiClient({ ...slow, outcomeMs: 100 });
    await assert.rejects(polling.perform('provision', { connectionId: 'c-1' }), NsiOverdue);
    polling.close();

    const closing = createNsiClient(slow);
    answer = (asked) => {
      if (asked.includes('queryResultSync')) closing.close();
      return toldAtALook(asked);
    };
    await assert.rejects(closing.perform('provision', { connectionId: 'c-1' }), /closed/);
  });

  it('a connection that is followed is asked for what has not been heard yet', async () => {
    const dataPlaneStatus = { active: true, version: 1, versionConsistent: true };
    const told = (notificationId: number) => ({
      element: 'dataPlaneStateChange' as const,
      value: { connectionId: 'c-1', notificationId, timeStamp: new Date(0), dataPlaneStatus },
    });
    const askedFrom: string[] = [];
    answer = (asked) => {
      const from = /<startNotificationId>(\d+)/.exec(asked)?.[1] ?? '';
      askedFrom.push(from);
      const notifications = from === '' ? [told(1), told(2)] : [told(Number(from))];
      return { body: envelope(head(asked), write('queryNotificationSyncConfirmed', { notifications })) };
    };
    const following = createNsiClient({ ...options, pollMs: 10 });
    const ids: number[] = [];
    following.follow('c-1', ({ value }) => ids.push(value.notificationId));
    await eventually('it has asked three times', () => askedFrom.length > 2 && ids.length > 3);
    following.close();
    assert.deepEqual(askedFrom.slice(0, 3), ['', '3', '4']);
    assert.deepEqual(ids.slice(0, 4), [1, 2, 3, 4]);
  });

  const head = (asked: string) => nsiHeader({ correlationId: idOf(asked) });
  const wrong: Record<string, (asked: string) => { status?: number; body: string }> = {
    'a web page': () => ({ status: 502, body: '<html><body>Bad Gateway</body></html>' }),
    'no XML': () => ({ body: 'sorry' }),
    'a document type': (asked) => ({
      body: `<!DOCTYPE a [<!ENTITY a "b">]>${envelope(head(asked), acknowledgment)}`,
    }),
    'an acknowledgment of another request': () => ({ body: envelope(nsiHeader(), acknowledgment) }),
    'an acknowledgment without header': () => ({ body: envelope('', acknowledgment) }),
    'another message': (asked) => ({ body: envelope(head(asked), write('reserveResponse', { connectionId: 'c' })) }),
    'an element too many': (asked) => ({ body: envelope(head(asked), element('acknowledgment', '<more/>')) }),
    'a fault of something else': () => ({
      status: 500,
      body: envelope('', '<S:Fault><faultcode>S:Server</faultcode><faultstring>out of order</faultstring></S:Fault>'),
    }),
    silence: () => ({ body: '' }),
  };
  for (const [what, how] of Object.entries(wrong))
    it(`${what}: the answer is none`, async () => {
      answer = how;
      await assert.rejects(ask(), NsiConnectionError);
    });

  it('a fault is read wherever a provider has its exception, with or without zeros', async () => {
    const exception = '<nsaId>urn:ogf:network:x</nsaId><errorId>201</errorId><text>no</text>';
    for (const detail of [
      element('serviceException', exception),
      element('error', `<serviceException>${exception}</serviceException>`),
      `<t:serviceException xmlns:t="http://schemas.ogf.org/nsi/2013/12/framework/types">${exception}</t:serviceException>`,
    ]) {
      answer = () => ({
        status: 500,
        body: envelope(
          '',
          `<S:Fault><faultcode>S:Client</faultcode><faultstring>no</faultstring><detail>${detail}</detail></S:Fault>`,
        ),
      });
      await assert.rejects(ask(), { name: 'NsiFault', errorId: '00201', text: 'no' });
    }
  });

  it('after it was closed it asks nothing any more', async () => {
    const closed = createNsiClient({
      url: 'http://127.0.0.1:9/',
      provider: { nsaId: ourNsa },
      requesterNsa: aggregator,
    });
    closed.close();
    await assert.rejects(closed.send('terminate', { connectionId: 'c' }), /closed/);
  });
});

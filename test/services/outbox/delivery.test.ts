/** Callbacks on a real PostgreSQL to real HTTP servers, well-behaved and otherwise. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { NsiNotification } from '../../../src/domain/nsi/messages.js';
import type { CallbackTaker } from '../../../src/domain/ports/store.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { silentLog } from '../../../src/lib/log.js';
import { createAlarm } from '../../../src/services/alarm.js';
import { createDelivery } from '../../../src/services/outbox/delivery.js';
import { createProvider } from '../../../src/services/provider.js';
import { createSiteLease } from '../../../src/services/site-lease.js';
import { createLeaseStore } from '../../../src/store/site-lease.js';
import { sampleSite, sampleVm } from '../../support/domain-samples.js';
import { eventually as within } from '../../support/eventually.js';
import { nsiCall, nsiRequest, nsiSection } from '../nsi/nsi-calls.js';
import { becomes, call, isActive, openSite, type SiteUnderTest } from '../site-under-test.js';
import { plainWriter } from './plain-writer.js';
import { acknowledge, type Behaviour, openRequester, type Requester, sayNothing } from './requester.js';

/** A process that has to start, on a machine that has much to do. */
const eventually = <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => within(what, ask, 60_000);

/** ms */
const never = 2 ** 30;

describe('delivery of callbacks', function () {
  this.timeout(120_000);
  let iris: SiteUnderTest;
  let nsi: SiteUnderTest['provider']['nsi'];
  let requesters: Requester[] = [];
  let processes: ChildProcess[] = [];

  const section = (delivery: object = {}, changes: object = {}) => ({ ...nsiSection, delivery, ...changes });
  const open = async (delivery: object = {}) => {
    iris = await openSite(sampleSite({ nsi: section(delivery) }));
    ({ nsi } = iris.provider);
  };
  const startSending = (changes: object = {}) => iris.startEngine({ callbackWriter: plainWriter, ...changes });
  const requester = async (behaviour?: Behaviour): Promise<Requester> => {
    const opened = await openRequester(behaviour);
    requesters.push(opened);
    return opened;
  };
  afterEach(async () => {
    for (const child of processes) child.kill('SIGKILL');
    processes = [];
    await iris.close();
    await Promise.all(requesters.map((known) => known.close()));
    requesters = [];
  });

  let key = 0;
  /** reserve → reserveCommit → terminate, of nothing but a segment: three messages. */
  const cycle = async ({ replyTo }: Requester): Promise<string> => {
    key += 1;
    const wanted = nsiRequest({ segment: { key, encapsulation: 'gre' }, vms: [] });
    const { connectionId } = await nsi.reserve(nsiCall(replyTo), wanted);
    await nsi.reserveCommit(nsiCall(replyTo), connectionId);
    await nsi.terminate(nsiCall(replyTo), connectionId);
    return connectionId;
  };
  const cycleKinds = ['reserveConfirmed', 'reserveCommitConfirmed', 'terminateConfirmed'];
  const toldOf = ({ told }: Requester, connectionId: string): string[] =>
    told.filter((known) => known.connectionId === connectionId).map(({ message }) => message.kind);
  /** A message may be heard twice where an attempt was cut short. */
  const withoutRepetitions = (kinds: readonly string[]): string[] => kinds.filter((kind, at) => kind !== kinds[at - 1]);
  const pendingOf = async (connectionIds: readonly string[]): Promise<number> =>
    (await iris.sql("SELECT 1 FROM outbox WHERE state = 'pending' AND connection_id = ANY ($1)", [connectionIds]))
      .length;
  const allSettled = (what = 'everything is settled') =>
    eventually(what, async () =>
      (await iris.sql("SELECT 1 FROM outbox WHERE state = 'pending'")).length === 0 ? true : undefined,
    );
  const states = (): Promise<{ kind: string; state: string; attempts: number; last_error: string | null }[]> =>
    iris.sql('SELECT kind, state, attempts, last_error FROM callbacks ORDER BY id');
  const notifications = (connectionId: string): Promise<NsiNotification[]> =>
    nsi.queryNotification(nsiCall(), { connectionId });
  const process = (delivery: object): ChildProcess => {
    const file = fileURLToPath(new URL('./sender-process.js', import.meta.url));
    const child = spawn(globalThis.process.execPath, [file], {
      env: { ...globalThis.process.env, DATABASE_URL: iris.url, NSI_SECTION: JSON.stringify(section(delivery)) },
      stdio: 'ignore',
    });
    processes.push(child);
    return child;
  };

  it('the whole life arrives, in order per connection, over connections that are used again', async () => {
    await open();
    const aggregator = await requester();
    await startSending();
    const { connectionId } = await nsi.reserve(nsiCall(aggregator.replyTo), nsiRequest({ vms: [sampleVm()] }));
    await nsi.reserveCommit(nsiCall(aggregator.replyTo), connectionId);
    await nsi.provision(nsiCall(aggregator.replyTo), connectionId);
    await becomes(iris, connectionId, 'is up', isActive);
    await nsi.terminate(nsiCall(aggregator.replyTo), connectionId);
    const others = await Promise.all(Array.from({ length: 20 }, () => cycle(aggregator)));
    await becomes(iris, connectionId, 'is over', ({ states: { lifecycle } }) => lifecycle === 'Terminated');
    await allSettled();
    assert.deepEqual(toldOf(aggregator, connectionId), [
      'reserveConfirmed',
      'reserveCommitConfirmed',
      'dataPlaneStateChange',
      'provisionConfirmed',
      'dataPlaneStateChange',
      'terminateConfirmed',
    ]);
    for (const other of others) assert.deepEqual(toldOf(aggregator, other), cycleKinds);
    assert.ok(
      aggregator.connections <= iris.site.nsi!.delivery.perDestination,
      `${aggregator.connections} connections`,
    );
    assert.ok((await states()).every(({ state, attempts }) => state === 'delivered' && attempts === 1));
  });

  it('what a process queues it sends by itself: claimed as it is queued, and announced to nobody', async () => {
    await open();
    const listener = new pg.Client({ connectionString: iris.url });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', ({ channel }) => heard.push(channel));
    await listener.query('LISTEN outbox');
    try {
      const aggregator = await requester();
      await startSending();
      const connections = [await cycle(aggregator), await cycle(aggregator)];
      await allSettled();
      for (const connectionId of connections) assert.deepEqual(toldOf(aggregator, connectionId), cycleKinds);
      // Announcements come in the order of their commits: this one would be behind any other.
      await iris.sql("SELECT pg_notify('outbox', 'last')");
      await eventually('the last is heard', () => Promise.resolve(heard.length > 0 ? true : undefined));
      assert.equal(heard.length, 1);
      assert.ok((await states()).every(({ state, attempts }) => state === 'delivered' && attempts === 1));
    } finally {
      await listener.end();
    }
  });

  it('what is in hand behind one that fails waits for it, and counts as not tried', async () => {
    await open();
    let failures = 0;
    const release: (() => void)[] = [];
    const aggregator = await requester((told, response, request) => {
      if (told.message.kind !== 'reserveConfirmed' || failures > 0) return acknowledge(told, response, request);
      failures += 1;
      release.push(() => response.writeHead(500).end('no'));
    });
    await startSending();
    const connectionId = await cycle(aggregator);
    const claims = await iris.sql<{ locked: boolean }>(
      'SELECT locked_by IS NOT NULL AS locked FROM outbox ORDER BY id',
    );
    assert.deepEqual(
      claims.map(({ locked }) => locked),
      [true, true, true],
      'all three are in hand',
    );
    for (const answer of release) answer();
    await allSettled();
    assert.deepEqual(toldOf(aggregator, connectionId), ['reserveConfirmed', ...cycleKinds]);
    assert.deepEqual(
      (await states()).map(({ kind, attempts }) => [kind, attempts]),
      [
        ['reserveConfirmed', 2],
        ['reserveCommitConfirmed', 1],
        ['terminateConfirmed', 1],
      ],
    );
  });

  it('behind what another process has, nothing is claimed as it is queued', async () => {
    await open();
    const aggregator = await requester(sayNothing);
    const doomed = process({ timeoutSeconds: 300 });
    const wanted = nsiRequest({ segment: { key: 4_000, encapsulation: 'gre' }, vms: [] });
    const { connectionId } = await nsi.reserve(nsiCall(aggregator.replyTo), wanted);
    await eventually('it is being sent', async () => (aggregator.told.length > 0 ? true : undefined));
    await startSending();
    await nsi.reserveCommit(nsiCall(aggregator.replyTo), connectionId);
    const claims = await iris.sql<{ locked: boolean }>(
      'SELECT locked_by IS NOT NULL AS locked FROM outbox ORDER BY id',
    );
    assert.deepEqual(
      claims.map(({ locked }) => locked),
      [true, false],
    );
    const gone = once(doomed, 'exit');
    doomed.kill('SIGKILL');
    await gone;
    aggregator.behave(acknowledge);
    await iris.sql('UPDATE outbox SET locked_until = now() WHERE locked_by IS NOT NULL');
    await allSettled();
    assert.deepEqual(withoutRepetitions(toldOf(aggregator, connectionId)), cycleKinds.slice(0, 2));
  });

  it('what another process queues behind what is in hand goes as soon as the last of that has arrived', async () => {
    await open();
    const held: (() => void)[] = [];
    const aggregator = await requester((...asked) => void held.push(() => acknowledge(...asked)));
    const alarm = createAlarm();
    let sleeps = 0;
    // It never wakes up by itself.
    const sleep = (): Promise<void> => {
      sleeps += 1;
      return alarm.sleep(2 ** 31 - 1);
    };
    const parts = { worker: 'this', alarm: { ...alarm, sleep }, gatherMs: never };
    const delivery = createDelivery(iris.context, plainWriter, parts);
    delivery.start();
    try {
      const wanted = nsiRequest({ segment: { key: 4_001, encapsulation: 'gre' }, vms: [] });
      const { connectionId } = await nsi.reserve(nsiCall(aggregator.replyTo), wanted);
      await nsi.reserveCommit(nsiCall(aggregator.replyTo), connectionId);
      const release = (count: number) =>
        eventually(`message ${count} is being sent`, async () => (held.length === count ? held.at(-1)! : undefined));
      const first = await release(1);
      await eventually('it sleeps', async () => (sleeps > 0 ? true : undefined));
      const before = sleeps;
      const other = createProvider({ ...iris.context, store: await iris.anotherStore() });
      await other.nsi.terminate(nsiCall(aggregator.replyTo), connectionId);
      await eventually('it has heard of that', async () => (sleeps > before ? true : undefined));
      first();
      (await release(2))();
      (await release(3))();
      assert.deepEqual(toldOf(aggregator, connectionId), cycleKinds);
    } finally {
      await delivery.stop();
    }
    await allSettled();
  });

  it('what is queued while that before it arrives does not wait for it to be written down with others', async () => {
    await open();
    const held: (() => void)[] = [];
    const aggregator = await requester((...asked) => void held.push(() => acknowledge(...asked)));
    const { store } = iris.context;
    const ends: (() => void)[] = [];
    /** Commits take until they are let go. */
    const slowly = (taker: CallbackTaker): CallbackTaker => ({
      ...taker,
      offer(...asked) {
        const places = taker.offer(...asked);
        return places && { ...places, end: (claimed) => void ends.push(() => places.end(claimed)) };
      },
    });
    const slow = new Proxy(store, {
      get: (target, name, receiver) =>
        name === 'handCallbacksTo'
          ? (taker: CallbackTaker | undefined) => target.handCallbacksTo(taker && slowly(taker))
          : Reflect.get(target, name, receiver),
    });
    const delivery = createDelivery({ ...iris.context, store: slow }, plainWriter, { worker: 'this', gatherMs: never });
    delivery.start();
    try {
      const wanted = nsiRequest({ segment: { key: 4_002, encapsulation: 'gre' }, vms: [] });
      const { connectionId } = await nsi.reserve(nsiCall(aggregator.replyTo), wanted);
      ends[0]!();
      await eventually('the first is being sent', async () => held[0]);
      await nsi.reserveCommit(nsiCall(aggregator.replyTo), connectionId);
      held[0]!();
      await eventually('the first has arrived', async () => (aggregator.answered === 1 ? true : undefined));
      ends[1]!();
      (await eventually('the second is being sent', async () => held[1]))();
    } finally {
      await delivery.stop();
    }
  });

  it('a requester that was down hears everything in order when it is back', async () => {
    await open();
    const aggregator = await requester();
    await aggregator.goAway();
    await startSending();
    const connections = await Promise.all([cycle(aggregator), cycle(aggregator)]);
    await eventually('it was tried', async () =>
      (await states()).some(({ last_error }) => last_error) ? true : undefined,
    );
    await aggregator.comeBack();
    await allSettled();
    for (const connectionId of connections) assert.deepEqual(toldOf(aggregator, connectionId), cycleKinds);
  });

  it('a connection that the requester closes between two messages is made anew', async () => {
    await open();
    const aggregator = await requester((told, response) => {
      acknowledge(told, response, response.req);
      response.once('finish', () => setImmediate(() => response.socket?.destroy()));
    });
    await startSending();
    for (let count = 0; count < 5; count += 1) await cycle(aggregator);
    await allSettled();
    assert.equal(new Set(aggregator.told.map(({ correlationId }) => correlationId)).size, 15);
  });

  const misbehaviours: Record<string, Behaviour> = {
    'says nothing': sayNothing,
    'answers garbage': (_told, response) => void response.end('<html>not for you</html>'),
    'answers without end': (_told, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    },
    drips: (_told, response) => {
      response.write('<');
      const drip = setInterval(() => (response.destroyed ? clearInterval(drip) : response.write('x')), 50);
    },
    'answers 500': (_told, response) => void response.writeHead(500).end('no'),
    'hangs up': (_told, response) => void response.destroy(),
    'speaks no HTTP': (_told, response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'),
  };

  it('a requester that says nothing, however much waits for it, is in nobody’s way', async () => {
    await open();
    const [silent, good] = [await requester(sayNothing), await requester()];
    const waiting = await Promise.all(Array.from({ length: 20 }, () => cycle(silent)));
    await startSending();
    const served = await Promise.all(Array.from({ length: 5 }, () => cycle(good)));
    await eventually('the good one has heard all', async () => ((await pendingOf(served)) === 0 ? true : undefined));
    for (const connectionId of served) assert.deepEqual(toldOf(good, connectionId), cycleKinds);
    assert.equal(await pendingOf(waiting), 60);
  });

  it('of requesters that misbehave in every way, each is given up, and told so when it asks', async () => {
    await open({ timeoutSeconds: 0.4, giveUpSeconds: 0.5 });
    const bad = await Promise.all(Object.values(misbehaviours).map((behaviour) => requester(behaviour)));
    const lost = await Promise.all(bad.map((known) => cycle(known)));
    await startSending();
    await allSettled('the bad ones are given up');
    for (const [index, connectionId] of lost.entries()) {
      const what = Object.keys(misbehaviours)[index]!;
      const told = await notifications(connectionId);
      assert.deepEqual(
        told.map(({ kind, notificationId }) => [kind, notificationId]),
        [1, 2, 3].map((id) => ['messageDeliveryTimeout', id]),
        what,
      );
      const results = await nsi.queryResult(nsiCall(), { connectionId });
      assert.deepEqual(
        told.map((known) => known.kind === 'messageDeliveryTimeout' && known.correlationId),
        results.map(({ correlationId }) => correlationId),
        what,
      );
      // In order, though each was tried more than once.
      assert.deepEqual(withoutRepetitions(toldOf(bad[index]!, connectionId)), cycleKinds, what);
    }
  });

  it('a redirect is not followed', async () => {
    await open({ timeoutSeconds: 5, giveUpSeconds: 0.1 });
    const target = await requester();
    const redirecting = await requester(
      (_told, response) => void response.writeHead(307, { location: target.replyTo }).end(),
    );
    await nsi.reserve(nsiCall(redirecting.replyTo), nsiRequest());
    await startSending();
    await allSettled();
    assert.deepEqual(target.told, []);
    assert.ok((await states()).every(({ last_error }) => last_error?.includes('redirects are not followed')));
  });

  it('what has left the allow-list since is not sent to', async () => {
    await open();
    const aggregator = await requester();
    await nsi.reserve(nsiCall(aggregator.replyTo), nsiRequest());
    const { nsi: given } = siteFileSchema.parse({
      ...iris.site,
      nsi: section({ giveUpSeconds: 0.1 }, { callbacks: ['nsa.example.org'] }),
    });
    await startSending({ site: { ...iris.site, nsi: given } });
    await allSettled();
    assert.deepEqual(aggregator.told, []);
    assert.ok((await states()).every(({ last_error }) => last_error?.includes('allow-list')));
  });

  it('two processes share the work: each message once, in order per connection', async () => {
    await open();
    const aggregator = await requester((told, response) =>
      setImmediate(() => acknowledge(told, response, response.req)),
    );
    await startSending();
    await startSending({ store: await iris.anotherStore() });
    const connections = await Promise.all(Array.from({ length: 40 }, () => cycle(aggregator)));
    await allSettled();
    for (const connectionId of connections) assert.deepEqual(toldOf(aggregator, connectionId), cycleKinds);
    assert.equal(aggregator.told.length, 120);
  });

  it('a process killed while it sends: another sends it again, and loses nothing', async () => {
    await open();
    const aggregator = await requester(sayNothing);
    const connections = await Promise.all(Array.from({ length: 3 }, () => cycle(aggregator)));
    const doomed = process({ timeoutSeconds: 300 });
    await eventually('it is sending', async () => (aggregator.told.length >= 3 ? true : undefined));
    const gone = once(doomed, 'exit');
    doomed.kill('SIGKILL');
    await gone;
    aggregator.behave(acknowledge);
    const session = 'SELECT FROM pg_stat_activity a JOIN process p ON p.session_pid = a.pid';
    await eventually('its session has ended', async () => ((await iris.sql(session)).length === 0 ? true : undefined));
    // The lease of the dead is not waited for.
    const self = { process: randomUUID(), name: 'next', controllers: {} };
    const lease = createSiteLease({ store: await createLeaseStore(iris.url, silentLog), self, log: silentLog });
    await iris.startEngine({ callbackWriter: plainWriter, lease }, { worker: self.process });
    await allSettled();
    for (const connectionId of connections)
      assert.deepEqual(toldOf(aggregator, connectionId), ['reserveConfirmed', ...cycleKinds]);
  });

  it('the answer to a query is a callback of its own; without a replyTo it is a fault', async () => {
    await open();
    const aggregator = await requester();
    await startSending();
    const context = nsiCall(aggregator.replyTo);
    const { reservations } = await nsi.querySummary(context, {});
    await nsi.confirmQuery(context, { kind: 'querySummaryConfirmed', reservations });
    await allSettled();
    assert.deepEqual(
      aggregator.told.map(({ correlationId, message }) => [correlationId, message.kind]),
      [[context.correlationId, 'querySummaryConfirmed']],
    );
    await assert.rejects(nsi.confirmQuery(nsiCall(), { kind: 'querySummaryConfirmed', reservations }), /00101/);
  });

  it('old messages are pruned when their reservation is over and they have been delivered', async () => {
    await open();
    const [heard, deaf] = [await requester(), await requester(sayNothing)];
    const over = await cycle(heard);
    const waiting = await cycle(deaf);
    const { connectionId: alive } = await nsi.reserve(nsiCall(heard.replyTo), nsiRequest());
    await iris.provider.terminate(
      call(),
      (await nsi.reserve(nsiCall(), nsiRequest({ segment: { key: 999, encapsulation: 'gre' } }))).connectionId,
    );
    await iris.sql("UPDATE outbox SET state = 'delivered', settled_at = now() WHERE connection_id <> $1", [waiting]);
    const days = 2 / 86_400_000;
    await eventually('it is old enough', async () => {
      await iris.store.pruneMessages(days, 100);
      return (await nsi.queryResult(nsiCall(), { connectionId: over })).length === 0 ? true : undefined;
    });
    assert.equal((await nsi.queryResult(nsiCall(), { connectionId: alive })).length, 1);
    const left = await iris.sql<{ connection_id: string }>('SELECT DISTINCT connection_id FROM outbox');
    assert.deepEqual(left, [{ connection_id: waiting }]);
    const { lastIds } = (await iris.store.findReservation(over))!;
    assert.equal(lastIds!.result, 3, 'numbers are not used again');
  });
});

/** What NSI requesters are told: recorded with what it is about, numbered per connection, to be asked for later. */
import assert from 'node:assert/strict';
import type { NsiNotification, NsiResult } from '../../../src/domain/nsi/messages.js';
import type { Acknowledged, NsiContext } from '../../../src/domain/ports/nsi-provider.js';
import type { Reservation } from '../../../src/domain/reservation/reservation.js';
import { sampleSite, sampleVm } from '../../support/domain-samples.js';
import { eventually } from '../../support/eventually.js';
import {
  becomes,
  call,
  isActive,
  openSite,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
  snapshot,
} from '../site-under-test.js';
import { nsiCall, nsiRequest, nsiSection, requesterNSA } from './nsi-calls.js';

const replyTo = 'http://127.0.0.1:9/requester';

describe('outcomes over NSI', function () {
  this.timeout(60_000);
  let iris: SiteUnderTest;
  let nsi: SiteUnderTest['provider']['nsi'];
  const open = async (changes: object = {}) => {
    iris = await openSite(sampleSite({ nsi: nsiSection, ...changes }));
    ({ nsi } = iris.provider);
  };
  afterEach(() => iris.close());

  const results = async (connectionId: string): Promise<NsiResult[]> =>
    (await nsi.queryResult(nsiCall(), { connectionId })).map(({ result }) => result);
  const kinds = async (connectionId: string): Promise<string[]> =>
    (await results(connectionId)).map(({ kind }) => kind);
  const notifications = (connectionId: string): Promise<NsiNotification[]> =>
    nsi.queryNotification(nsiCall(), { connectionId });
  const queued = (): Promise<{ kind: string; correlation_id: string }[]> =>
    iris.sql('SELECT kind, correlation_id FROM outbox ORDER BY id');
  /** As it is when a request has been answered. */
  const standing = async (answered: Promise<Acknowledged>): Promise<Reservation> =>
    reservationOf(iris, (await answered).connectionId);
  const committed = async (context: NsiContext = nsiCall(replyTo)): Promise<Reservation> => {
    const { connectionId } = await nsi.reserve(context, nsiRequest());
    return standing(nsi.reserveCommit(nsiCall(context.nsi.replyTo), connectionId));
  };

  it('one NSA is not answered what another was, though one credential speaks for both', async () => {
    await open();
    const first = nsiCall(replyTo);
    const { connectionId } = await nsi.reserve(first, nsiRequest());
    assert.equal((await nsi.reserve(first, nsiRequest())).connectionId, connectionId);
    const other = { ...first, nsi: { ...first.nsi, requesterNSA: 'urn:ogf:network:other.example:2020:nsa' } };
    const refusal = await refusalOf(nsi.reserve(other, nsiRequest()));
    assert.deepEqual([refusal.kind.id, refusal.connectionId], ['00202', undefined]);
  });

  it('the whole life: one result per request, numbered, with its correlation id, and one callback each', async () => {
    await open();
    const calls: NsiContext[] = Array.from({ length: 5 }, () => nsiCall(replyTo));
    const [reserve, commit, provision, release, terminate] = calls as [
      NsiContext,
      NsiContext,
      NsiContext,
      NsiContext,
      NsiContext,
    ];
    await iris.startEngine();
    const wanted = nsiRequest({ vms: [sampleVm({ userData: 'secret' })] }, { globalReservationId: 'urn:uuid:1' });
    const { connectionId } = await nsi.reserve(reserve, wanted);
    await nsi.reserveCommit(commit, connectionId);
    await nsi.provision(provision, connectionId);
    await becomes(iris, connectionId, 'is up', isActive);
    await nsi.release(release, connectionId);
    await becomes(iris, connectionId, 'is down', ({ states }) => states.provision === 'Released');
    await nsi.terminate(terminate, connectionId);
    await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
    const told = await nsi.queryResult(nsiCall(), { connectionId });
    assert.deepEqual(
      told.map(({ resultId, correlationId, result }) => [resultId, correlationId, result.kind]),
      [
        [1, reserve.correlationId, 'reserveConfirmed'],
        [2, commit.correlationId, 'reserveCommitConfirmed'],
        [3, provision.correlationId, 'provisionConfirmed'],
        [4, release.correlationId, 'releaseConfirmed'],
        [5, terminate.correlationId, 'terminateConfirmed'],
      ],
    );
    const [{ result: confirmed }] = told as [(typeof told)[number]];
    assert.ok(confirmed.kind === 'reserveConfirmed');
    assert.equal(confirmed.globalReservationId, 'urn:uuid:1');
    assert.equal(confirmed.criteria.version, 1);
    assert.equal(confirmed.criteria.serviceType, wanted.serviceType);
    assert.ok(confirmed.criteria.start instanceof Date);
    assert.ok(!JSON.stringify(confirmed).includes('secret'));
    const changes = (await notifications(connectionId)).map((known) =>
      known.kind === 'dataPlaneStateChange' ? [known.notificationId, known.dataPlaneStatus] : [known],
    );
    assert.deepEqual(changes, [
      [1, { active: true, version: 1, versionConsistent: true }],
      [2, { active: false, version: 1, versionConsistent: true }],
    ]);
    const callbacks = await queued();
    assert.equal(callbacks.length, 7);
    assert.deepEqual(
      callbacks.filter(({ kind }) => kind !== 'dataPlaneStateChange').map((callback) => callback.correlation_id),
      calls.map(({ correlationId }) => correlationId),
    );
    const { lastIds } = await reservationOf(iris, connectionId);
    assert.deepEqual(lastIds, { notification: 2, result: 5 });
  });

  it('ranges of ids, both ends included', async () => {
    await open();
    const { connectionId } = await committed();
    const ids = async (range: { from?: number; to?: number }) =>
      (await nsi.queryResult(nsiCall(), { connectionId, ...range })).map(({ resultId }) => resultId);
    assert.deepEqual(await ids({}), [1, 2]);
    assert.deepEqual(await ids({ from: 2 }), [2]);
    assert.deepEqual(await ids({ to: 1 }), [1]);
    assert.deepEqual(await ids({ from: 2, to: 2 }), [2]);
    assert.deepEqual(await ids({ from: 3 }), []);
    assert.equal((await refusalOf(nsi.queryResult(nsiCall(), { connectionId, from: 2, to: 1 }))).kind.id, '00100');
  });

  it('a hold that fails leaves a reservation in ReserveFailed; rms leaves none', async () => {
    await open();
    const tooMuch = { vms: [sampleVm({ cpus: 99 })] };
    const failed = await standing(nsi.reserve(nsiCall(replyTo), nsiRequest(tooMuch)));
    assert.equal(failed.states.reservation, 'ReserveFailed');
    const [outcome] = await results(failed.connectionId);
    assert.ok(outcome?.kind === 'reserveFailed');
    assert.equal(outcome.serviceException.errorId, '00705');
    assert.equal(outcome.connectionStates.reservation, 'ReserveFailed');
    assert.deepEqual(await iris.sql('SELECT 1 FROM node_allocation'), []);
    assert.equal((await refusalOf(iris.provider.reserve(call(), request(tooMuch)))).kind.id, '00705');
    assert.equal((await iris.sql('SELECT 1 FROM reservation')).length, 1);

    const aborted = await standing(nsi.reserveAbort(nsiCall(replyTo), failed.connectionId));
    assert.equal(aborted.states.reservation, 'ReserveStart');
    const over = await standing(nsi.terminate(nsiCall(replyTo), failed.connectionId));
    assert.equal(over.states.lifecycle, 'Terminated');
    assert.deepEqual(await kinds(failed.connectionId), [
      'reserveFailed',
      'reserveAbortConfirmed',
      'terminateConfirmed',
    ]);
  });

  it('what is malformed is a fault and leaves nothing', async () => {
    await open();
    const before = await snapshot(iris);
    const ended = nsiRequest({ schedule: { end: new Date(0) } });
    const fault = await refusalOf(nsi.reserve(nsiCall(replyTo), ended));
    assert.equal(fault.kind.id, '00100');
    assert.equal(fault.connectionId, undefined);
    assert.equal(await snapshot(iris), before);
  });

  it('a modification that fails leads to ReserveFailed, and abort back to the version in force', async () => {
    await open();
    const { connectionId } = await committed();
    const before = await reservationOf(iris, connectionId);
    const change = { connectionId, service: { vms: [sampleVm({ cpus: 99 })] } };
    const failed = await standing(nsi.modify(nsiCall(replyTo), change));
    assert.equal(failed.states.reservation, 'ReserveFailed');
    assert.deepEqual(failed.committed, before.committed);
    const back = await standing(nsi.reserveAbort(nsiCall(replyTo), connectionId));
    assert.equal(back.states.reservation, 'ReserveStart');
    assert.deepEqual(back.committed, before.committed);
    assert.deepEqual((await kinds(connectionId)).slice(2), ['reserveFailed', 'reserveAbortConfirmed']);
  });

  it('a modification changes what it names: absent stays, null is open-ended', async () => {
    await open();
    const end = new Date(Date.now() + 3_600_000);
    const { connectionId } = await nsi.reserve(nsiCall(replyTo), nsiRequest({ schedule: { end } }));
    await nsi.reserveCommit(nsiCall(), connectionId);
    const later = 'http://127.0.0.1:10/';
    const service = { vms: [sampleVm({ cpus: 2 })] };
    const { held } = await standing(nsi.modify(nsiCall(later), { connectionId, version: 5, service }));
    assert.equal(held!.version, 5);
    assert.deepEqual(held!.end, end);
    assert.equal(held!.criteria.vms[0]!.cpus, 2);
    await nsi.reserveAbort(nsiCall(), connectionId);
    const open2 = await standing(nsi.modify(nsiCall(), { connectionId, schedule: { end: null } }));
    assert.equal(open2.held!.end, undefined);
    assert.equal((await reservationOf(iris, connectionId)).nsi!.replyTo, later, 'notifications follow');
  });

  it('a hold that times out: reserveTimeout; a late commit: reserveCommitFailed, the state stays, abort leads out', async () => {
    await open({ reservations: { holdSeconds: 0.2 } });
    await iris.startEngine();
    const { connectionId } = await nsi.reserve(nsiCall(replyTo), nsiRequest());
    await becomes(iris, connectionId, 'has timed out', ({ states }) => states.reservation === 'ReserveTimeout');
    const [timeout] = await notifications(connectionId);
    assert.ok(timeout?.kind === 'reserveTimeout');
    assert.deepEqual([timeout.notificationId, timeout.connectionId, timeout.timeoutValue], [1, connectionId, 1]);
    const late = await standing(nsi.reserveCommit(nsiCall(replyTo), connectionId));
    assert.equal(late.states.reservation, 'ReserveTimeout');
    const outcome = (await results(connectionId)).at(-1);
    assert.ok(outcome?.kind === 'reserveCommitFailed');
    assert.equal(outcome.serviceException.errorId, '00201');
    await nsi.reserveAbort(nsiCall(replyTo), connectionId);
    assert.equal((await reservationOf(iris, connectionId)).states.reservation, 'ReserveStart');
  });

  it('a commit that finds the hold expired is the first to say so', async () => {
    await open({ reservations: { holdSeconds: 0.05 } });
    const { connectionId, held } = await standing(nsi.reserve(nsiCall(replyTo), nsiRequest()));
    await eventually('the hold has expired', async () => (new Date() > held!.holdExpires ? true : undefined));
    await eventually('the commit is late', async () => {
      const { states } = await standing(nsi.reserveCommit(nsiCall(replyTo), connectionId));
      return states.reservation === 'ReserveTimeout' ? true : undefined;
    });
    assert.deepEqual(
      (await queued()).map(({ kind }) => kind),
      ['reserveConfirmed', 'reserveTimeout', 'reserveCommitFailed'],
    );
  });

  it('a provision that something overtakes is answered by error', async () => {
    await open();
    const { connectionId } = await committed();
    const provision = nsiCall(replyTo);
    await nsi.provision(provision, connectionId);
    assert.deepEqual((await kinds(connectionId)).slice(2), [], 'still on its way');
    await nsi.release(nsiCall(replyTo), connectionId);
    const [error, released] = (await nsi.queryResult(nsiCall(), { connectionId })).slice(2);
    assert.deepEqual([error?.correlationId, error?.result.kind], [provision.correlationId, 'error']);
    assert.equal(released?.result.kind, 'releaseConfirmed');
  });

  it('a build that fails: errorEvent activateFailed, and provisionConfirmed when it stands after all', async () => {
    await open();
    const { connectionId } = await committed();
    const { node } = (await reservationOf(iris, connectionId)).committed!.placed.vms[0]!;
    iris.compute.controls.disconnect(node);
    await iris.startEngine();
    await nsi.provision(nsiCall(replyTo), connectionId);
    const failed = await eventually('the problem is told', async () =>
      (await notifications(connectionId)).find(({ kind }) => kind === 'errorEvent'),
    );
    assert.ok(failed.kind === 'errorEvent');
    assert.deepEqual([failed.event, failed.additionalInfo.node], ['activateFailed', node]);
    assert.equal(failed.serviceException.errorId, '00205');
    assert.ok(!(await kinds(connectionId)).includes('provisionConfirmed'));
    iris.compute.controls.reconnect(node);
    await becomes(iris, connectionId, 'is up', isActive);
    assert.equal((await kinds(connectionId)).at(-1), 'provisionConfirmed');
  });

  it('every request repeated is answered alike, and nothing is told twice', async () => {
    await open();
    const twice = async (ask: (context: NsiContext) => Promise<Acknowledged>): Promise<Acknowledged> => {
      const context = nsiCall(replyTo);
      const first = await ask(context);
      const before = await snapshot(iris);
      assert.deepEqual(await ask(context), first);
      assert.equal(await snapshot(iris), before);
      return first;
    };
    const failed = await twice((context) => nsi.reserve(context, nsiRequest({ vms: [sampleVm({ cpus: 99 })] })));
    assert.equal((await reservationOf(iris, failed.connectionId)).states.reservation, 'ReserveFailed');
    const { connectionId } = await twice((context) => nsi.reserve(context, nsiRequest()));
    await twice((context) => nsi.reserveCommit(context, connectionId));
    await twice((context) => nsi.modify(context, { connectionId, schedule: { end: null } }));
    await twice((context) => nsi.reserveAbort(context, connectionId));
    await twice((context) => nsi.provision(context, connectionId));
    await twice((context) => nsi.release(context, connectionId));
    await twice((context) => nsi.terminate(context, connectionId));
  });

  it('without replyTo nothing is queued and everything can be asked for', async () => {
    await open();
    const { connectionId } = await committed(nsiCall());
    assert.deepEqual(await queued(), []);
    assert.deepEqual(await kinds(connectionId), ['reserveConfirmed', 'reserveCommitConfirmed']);
  });

  it('a replyTo that is not on the allow-list is a fault, and nothing is done', async () => {
    await open();
    const before = await snapshot(iris);
    const elsewhere = 'https://203.0.113.7/';
    assert.equal((await refusalOf(nsi.reserve(nsiCall(elsewhere), nsiRequest()))).kind.id, '00302');
    assert.equal(await snapshot(iris), before);
  });

  it('a requester sees and touches only what is its own, or was reserved over rms by its tenant', async () => {
    await open();
    const mine = await committed();
    const overRms = await iris.provider.reserve(call(), request({ segment: { key: 77, encapsulation: 'gre' } }));
    const other: NsiContext = { ...nsiCall(), nsi: { requesterNSA: 'urn:ogf:network:other:2020:nsa' } };
    const stranger = nsiCall(undefined, { subject: 'bob', tenant: 'beta' });
    const seenBy = async (context: NsiContext) =>
      (await nsi.querySummary(context, {})).reservations.map(({ connectionId }) => connectionId);
    assert.deepEqual(await seenBy(nsiCall()), [mine.connectionId, overRms.connectionId]);
    assert.deepEqual(await seenBy(other), [overRms.connectionId]);
    assert.deepEqual(await seenBy(stranger), []);
    const { connectionId } = mine;
    for (const context of [other, stranger])
      for (const ask of [
        () => nsi.terminate({ ...context, correlationId: nsiCall().correlationId }, connectionId),
        () => nsi.queryResult(context, { connectionId }),
        () => nsi.queryNotification(context, { connectionId }),
        () => nsi.modify({ ...context, correlationId: nsiCall().correlationId }, { connectionId }),
      ])
        assert.equal((await refusalOf(ask())).kind.id, '00203');
    const seen = await iris.provider.getReservation(call(), connectionId);
    assert.equal(seen.reservation.nsi!.requesterNSA, requesterNSA, 'rms sees it too');
  });

  it('one summary of several ids, of global ids, and of what has changed since', async () => {
    await open();
    const reserve = async (key: number, globalReservationId: string) =>
      (
        await nsi.reserve(
          nsiCall(),
          nsiRequest({ segment: { key, encapsulation: 'gre' }, vms: [] }, { globalReservationId }),
        )
      ).connectionId;
    const [a, b, c] = [await reserve(1, 'urn:g:1'), await reserve(2, 'urn:g:1'), await reserve(3, 'urn:g:2')];
    const ids = async (asked: Parameters<typeof nsi.querySummary>[1]) =>
      (await nsi.querySummary(nsiCall(), asked)).reservations.map(({ connectionId }) => connectionId);
    assert.deepEqual(await ids({ connectionIds: [c, a, 'unknown'] }), [a, c]);
    assert.deepEqual(await ids({ globalReservationIds: ['urn:g:1'] }), [a, b]);
    assert.deepEqual(await ids({ globalReservationIds: ['urn:g:1', 'urn:g:2'] }), [a, b, c]);
    const { lastModified } = await nsi.querySummary(nsiCall(), {});
    assert.deepEqual(await ids({ ifModifiedSince: lastModified! }), []);
    await nsi.reserveAbort(nsiCall(), b);
    assert.deepEqual(await ids({ ifModifiedSince: lastModified! }), [b]);
  });

  it('notifications are numbered for what was reserved over rms, too', async () => {
    await open();
    await iris.startEngine();
    const { connectionId } = await iris.provider.reserve(call(), request());
    await iris.provider.commit(call(), connectionId);
    await iris.provider.provision(call(), connectionId);
    await becomes(iris, connectionId, 'is up', isActive);
    assert.deepEqual(
      (await notifications(connectionId)).map(({ kind, notificationId }) => [kind, notificationId]),
      [['dataPlaneStateChange', 1]],
    );
    assert.deepEqual(await queued(), []);
  });
});

import assert from 'node:assert/strict';
import type { WireOf } from '../../../src/wire/nsi/connection-types.js';
import { p2pVocabulary } from '../../../src/wire/nsi/namespaces.js';
import { p2ps } from '../../../src/wire/nsi/p2p.js';
import { placement } from '../../../src/wire/nsi/vi.js';
import { readFragment } from '../../../src/wire/xml/read-element.js';
import { snapshot } from '../../services/site-under-test.js';
import { eventually } from '../../support/eventually.js';
import { aggregator, newId, write } from './nsi-messages.js';
import { circuit, reserveOf, vi } from './nsi-requests.js';
import { type NsiService, neighbour, type Said, startNsi } from './nsi-service.js';

describe('nsi: life cycle over the face', () => {
  let nsi: NsiService;
  let key = 5000;
  before(async () => {
    nsi = await startNsi();
    await nsi.startEngine();
  });
  after(() => nsi.close());

  /** A small VI on a segment that nobody else has. */
  const smallVi = () => {
    key += 1;
    return vi({
      segment: { key, encapsulation: 'gre' },
      vms: [{ name: 'vm', cpus: 1, memoryMiB: 256, diskGiB: 1, image: 'small', nics: [{}] }],
    });
  };
  const outcomes = async (connectionId: string, said?: Said): Promise<WireOf<'queryResultSyncConfirmed'>['results']> =>
    (await nsi.ask('queryResultSync', { connectionId }, said)).results;
  const kinds = async (connectionId: string): Promise<string[]> =>
    (await outcomes(connectionId)).map(({ outcome }) => outcome.element);
  const summary = async (connectionId: string) => {
    const { reservations } = await nsi.ask('querySummarySync', {
      connectionIds: [connectionId],
      globalReservationIds: [],
    });
    assert.equal(reservations.length, 1);
    return reservations[0]!;
  };
  const isTold = (connectionId: string, outcome: string) =>
    eventually(`${connectionId} ${outcome}`, async () =>
      (await kinds(connectionId)).includes(outcome) ? true : undefined,
    );
  const held = async (services = [smallVi()]) => (await nsi.ask('reserve', reserveOf(services))).connectionId;
  const committed = async () => {
    const connectionId = await held();
    await nsi.ask('reserveCommit', { connectionId });
    return connectionId;
  };
  const provisioned = async () => {
    const connectionId = await committed();
    await nsi.ask('provision', { connectionId });
    await isTold(connectionId, 'provisionConfirmed');
    return connectionId;
  };

  it('reserve, commit, provision, release, terminate, with an outcome for each', async () => {
    const connectionId = await held();
    const [first] = await outcomes(connectionId);
    assert(first?.outcome.element === 'reserveConfirmed');
    const { criteria } = first.outcome.value;
    assert.equal(criteria.version, 1);
    assert.equal(criteria.serviceType, 'http://services.example/VI');
    assert.equal(criteria.schedule.endTime, null);
    assert.deepEqual(
      criteria.services.map(({ name }) => name),
      ['infrastructure', 'placement'],
    );
    assert.equal(readFragment(placement, criteria.services[1]!).vms.length, 1);
    assert.equal((await summary(connectionId)).connectionStates.reservationState, 'ReserveHeld');
    assert.deepEqual((await summary(connectionId)).criteria, []);

    await nsi.ask('reserveCommit', { connectionId });
    await nsi.ask('provision', { connectionId });
    await isTold(connectionId, 'provisionConfirmed');
    const standing = await summary(connectionId);
    assert.deepEqual(standing.connectionStates, {
      reservationState: 'ReserveStart',
      provisionState: 'Provisioned',
      lifecycleState: 'Created',
      dataPlaneStatus: { active: true, version: 1, versionConsistent: true },
    });
    assert.equal(standing.requesterNsa, aggregator);
    assert.deepEqual(
      standing.criteria.map(({ version }) => version),
      [1],
    );
    assert.equal(standing.notificationId, 1);

    await nsi.ask('release', { connectionId });
    await isTold(connectionId, 'releaseConfirmed');
    await nsi.ask('terminate', { connectionId });
    await isTold(connectionId, 'terminateConfirmed');
    const all = await outcomes(connectionId);
    assert.deepEqual(
      all.map(({ resultId, outcome }) => [resultId, outcome.element]),
      [
        'reserveConfirmed',
        'reserveCommitConfirmed',
        'provisionConfirmed',
        'releaseConfirmed',
        'terminateConfirmed',
      ].map((name, index) => [index + 1, name]),
    );
    assert.equal((await summary(connectionId)).connectionStates.lifecycleState, 'Terminated');
  });

  it('data plane changes are notifications, asked for by range', async () => {
    const connectionId = await provisioned();
    await nsi.ask('release', { connectionId });
    await isTold(connectionId, 'releaseConfirmed');
    const { notifications } = await nsi.ask('queryNotificationSync', { connectionId });
    assert.deepEqual(
      notifications.map(({ element, value }) => [
        element,
        value.notificationId,
        'dataPlaneStatus' in value && value.dataPlaneStatus.active,
      ]),
      [
        ['dataPlaneStateChange', 1, true],
        ['dataPlaneStateChange', 2, false],
      ],
    );
    const range = { connectionId, startNotificationId: 2, endNotificationId: Number.MAX_SAFE_INTEGER };
    assert.equal((await nsi.ask('queryNotificationSync', range)).notifications.length, 1);
    const results = { connectionId, startResultId: 2, endResultId: 3 };
    assert.deepEqual(
      (await nsi.ask('queryResultSync', results)).results.map(({ resultId }) => resultId),
      [2, 3],
    );
    assert.equal(await nsi.refusal('queryResultSync', { connectionId, startResultId: 3, endResultId: 2 }), '00100');
  });

  it('each request twice under one correlation id is served once and answered alike', async () => {
    const request = reserveOf([smallVi()]);
    const twice = async <T>(send: (said: Said) => Promise<T>): Promise<void> => {
      const said = { correlationId: newId() };
      const first = await send(said);
      const between = await snapshot(nsi);
      assert.deepEqual(await send(said), first);
      assert.equal(await snapshot(nsi), between);
    };
    let connectionId = '';
    await twice(async (said) => {
      connectionId = (await nsi.ask('reserve', request, said)).connectionId;
      return connectionId;
    });
    await twice((said) => nsi.ask('reserveCommit', { connectionId }, said));
    const modification = reserveOf([], { schedule: { endTime: new Date('2040-01-01T00:00:00Z') } }, { connectionId });
    await twice((said) => nsi.ask('reserve', modification, said));
    await twice((said) => nsi.ask('reserveAbort', { connectionId }, said));
    assert.deepEqual(await kinds(connectionId), [
      'reserveConfirmed',
      'reserveCommitConfirmed',
      'reserveConfirmed',
      'reserveAbortConfirmed',
    ]);
    for (const [operation, outcome] of [
      ['provision', 'provisionConfirmed'],
      ['release', 'releaseConfirmed'],
      ['terminate', 'terminateConfirmed'],
    ] as const) {
      const said = { correlationId: newId() };
      await nsi.ask(operation, { connectionId }, said);
      await isTold(connectionId, outcome);
      const before = await kinds(connectionId);
      await nsi.ask(operation, { connectionId }, said);
      assert.deepEqual(await kinds(connectionId), before);
    }
  });

  it('the same correlation id with another content is refused', async () => {
    const said = { correlationId: newId() };
    await nsi.ask('reserve', reserveOf([smallVi()]), said);
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi()]), said), '00202');
  });

  it('out of order: what the states do not allow is a fault, and changes nothing', async () => {
    const connectionId = await held();
    const before = await summary(connectionId);
    assert.equal(await nsi.refusal('provision', { connectionId }), '00201');
    assert.equal(await nsi.refusal('release', { connectionId }), '00201');
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi()], {}, { connectionId })), '00201');
    assert.deepEqual(await summary(connectionId), before);
    await nsi.ask('reserveCommit', { connectionId });
    assert.equal(await nsi.refusal('reserveCommit', { connectionId }), '00201');
    assert.equal(await nsi.refusal('reserveAbort', { connectionId }), '00201');
    for (const operation of ['reserveCommit', 'reserveAbort', 'provision', 'release', 'terminate'] as const)
      assert.equal(await nsi.refusal(operation, { connectionId: 'nowhere' }), '00203');
  });

  it('after termination everything is gone but what can be queried', async () => {
    const connectionId = await committed();
    await nsi.ask('terminate', { connectionId });
    await isTold(connectionId, 'terminateConfirmed');
    for (const operation of ['reserveCommit', 'reserveAbort', 'provision', 'release', 'terminate'] as const)
      assert.equal(await nsi.refusal(operation, { connectionId }), '00204', operation);
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi()], {}, { connectionId })), '00204');
    assert.equal((await summary(connectionId)).connectionStates.lifecycleState, 'Terminated');
    assert.equal((await outcomes(connectionId)).length, 3);
  });

  it('modify: absent is unchanged, nil is open-ended, an old version is refused', async () => {
    const endTime = new Date('2040-01-01T00:00:00.000Z');
    const { connectionId } = await nsi.ask('reserve', reserveOf([smallVi()], { schedule: { endTime }, version: 0 }));
    await nsi.ask('reserveCommit', { connectionId });
    const now = await summary(connectionId);
    assert.deepEqual(now.criteria[0]?.schedule.endTime, endTime);

    await nsi.ask('reserve', reserveOf([smallVi()].slice(1), { version: 5, serviceType: undefined }, { connectionId }));
    await nsi.ask('reserveCommit', { connectionId });
    const unchanged = (await summary(connectionId)).criteria[0];
    assert.equal(unchanged?.version, 5);
    assert.deepEqual(unchanged?.schedule.endTime, endTime);
    assert.deepEqual(unchanged?.services[0], now.criteria[0]?.services[0]);

    assert.equal(await nsi.refusal('reserve', reserveOf([], { version: 5 }, { connectionId })), '00100');
    await nsi.ask('reserve', reserveOf([], { schedule: { endTime: null } }, { connectionId }));
    await nsi.ask('reserveCommit', { connectionId });
    assert.equal((await summary(connectionId)).criteria[0]?.schedule.endTime, null);
    assert.equal((await summary(connectionId)).criteria[0]?.version, 6);
  });

  it('after the greatest version there is none', async () => {
    const { connectionId } = await nsi.ask('reserve', reserveOf([smallVi()], { version: 0x7fffffff }));
    await nsi.ask('reserveCommit', { connectionId });
    assert.equal(await nsi.refusal('reserve', reserveOf([], {}, { connectionId })), '00102');
    assert.equal((await summary(connectionId)).criteria[0]?.version, 0x7fffffff);
  });

  it('what a reservation was told of can be sent back as its modification', async () => {
    const connectionId = await committed();
    const [{ services }] = (await summary(connectionId)).criteria as [WireOf<'reserve'>['criteria']];
    await nsi.ask('reserve', reserveOf(services, {}, { connectionId }));
    await nsi.ask('reserveCommit', { connectionId });
    assert.equal((await summary(connectionId)).criteria[0]?.version, 2);
  });

  it('what cannot be had is acknowledged, and its outcome is reserveFailed; abort leads out', async () => {
    const connectionId = await held([
      vi({
        segment: { key: 9, encapsulation: 'gre' },
        vms: [{ name: 'big', cpus: 99, memoryMiB: 1, diskGiB: 1, image: 'small', nics: [] }],
      }),
    ]);
    const [failed] = await outcomes(connectionId);
    assert(failed?.outcome.element === 'reserveFailed');
    const { serviceException, connectionStates } = failed.outcome.value;
    assert.equal(serviceException.errorId, '00705');
    assert.equal(serviceException.connectionId, connectionId);
    assert.equal(connectionStates.reservationState, 'ReserveFailed');
    assert.equal(connectionStates.provisionState, 'Released');
    await nsi.ask('reserveAbort', { connectionId });
    assert.deepEqual(await kinds(connectionId), ['reserveFailed', 'reserveAbortConfirmed']);
  });

  it('a circuit gets its labels chosen and told', async () => {
    const connectionId = await held([circuit()]);
    const [first] = await outcomes(connectionId);
    assert(first?.outcome.element === 'reserveConfirmed');
    const told = readFragment(p2ps, first.outcome.value.criteria.services[0]!);
    assert.match(told.sourceStp, /:lan1\?vlan=1\d\d$/);
    assert.match(told.destStp, /:lan3\?vlan=0$/);
    assert.equal(told.capacity, 100);
    await nsi.ask('terminate', { connectionId });
  });

  it('a circuit can be given another capacity by itself; a VI has none', async () => {
    const connectionId = await held([circuit({ destStp: 'urn:ogf:network:osaka.example:2026:iris:lan4?vlan=7' })]);
    await nsi.ask('reserveCommit', { connectionId });
    const capacity = (mbit: number) => ({
      namespace: p2pVocabulary.namespace,
      name: 'capacity',
      xml: `<p:capacity xmlns:p="${p2pVocabulary.namespace}">${mbit}</p:capacity>`,
    });
    const before = readFragment(p2ps, (await summary(connectionId)).criteria[0]!.services[0]!);
    await nsi.ask('reserve', reserveOf([capacity(250)], { serviceType: undefined }, { connectionId }));
    await nsi.ask('reserveCommit', { connectionId });
    const after = readFragment(p2ps, (await summary(connectionId)).criteria[0]!.services[0]!);
    assert.deepEqual(after, { ...before, capacity: 250 });
    await nsi.ask('reserve', reserveOf([capacity(5000)], {}, { connectionId }));
    assert.equal((await kinds(connectionId)).at(-1), 'reserveFailed');
    const infrastructure = await committed();
    assert.equal(await nsi.refusal('reserve', reserveOf([capacity(1)], {}, { connectionId: infrastructure })), '00102');
    await nsi.ask('terminate', { connectionId });
  });

  it('a circuit that asks for what is not there is refused or fails with the code for it', async () => {
    const codeOf = async (changes: Parameters<typeof circuit>[0]): Promise<string | undefined> => {
      const answer = await nsi.say(write('reserve', reserveOf([circuit(changes)])));
      if (answer.fault !== undefined) return answer.fault.exception?.errorId;
      const [outcome] = await outcomes((answer.body as WireOf<'reserveResponse'>).connectionId);
      assert(outcome?.outcome.element === 'reserveFailed');
      return outcome.outcome.value.serviceException.errorId;
    };
    const at = 'urn:ogf:network:osaka.example:2026:iris';
    assert.equal(await codeOf({ sourceStp: `${at}:nowhere?vlan=1` }), '00701');
    assert.equal(await codeOf({ sourceStp: `${at}:lan1?colour=1` }), '00708');
    assert.equal(await codeOf({ sourceStp: `${at}:lan1?vlan=9999` }), '00709');
    assert.equal(await codeOf({ parameters: [{ type: 'burst', value: '1' }] }), '00102');
  });

  it('queries: several ids, global ids, and only what has changed since', async () => {
    const globalReservationId = 'not even a urn';
    const one = (await nsi.ask('reserve', reserveOf([smallVi()], {}, { globalReservationId }))).connectionId;
    const two = await held();
    const ids = (found: WireOf<'querySummarySyncConfirmed'>) =>
      found.reservations.map(({ connectionId }) => connectionId);
    const none = { connectionIds: [], globalReservationIds: [] };
    const both = await nsi.ask('querySummarySync', { ...none, connectionIds: [one, two, 'nowhere'] });
    assert.deepEqual(ids(both), [one, two]);
    assert.deepEqual(ids(await nsi.ask('querySummarySync', { ...none, globalReservationIds: [globalReservationId] })), [
      one,
    ]);
    const since = { ...none, ifModifiedSince: both.lastModified };
    assert.deepEqual(ids(await nsi.ask('querySummarySync', since)), []);
    await nsi.ask('reserveAbort', { connectionId: one });
    assert.deepEqual(ids(await nsi.ask('querySummarySync', since)), [one]);
    assert(ids(await nsi.ask('querySummarySync', none)).length > 2);
  });

  it('a requester sees and touches only its own', async () => {
    const connectionId = await held();
    const other = { requesterNsa: neighbour };
    const none = { connectionIds: [connectionId], globalReservationIds: [] };
    assert.deepEqual((await nsi.ask('querySummarySync', none, other)).reservations, []);
    assert.equal(await nsi.refusal('reserveCommit', { connectionId }, other), '00203');
    assert.equal(await nsi.refusal('queryResultSync', { connectionId }, other), '00203');
    assert.equal(await nsi.refusal('queryNotificationSync', { connectionId }, other), '00203');
  });

  it('what was reserved over rms can be queried over NSI by its tenant', async () => {
    const reserved = await nsi.provider.reserve(
      { requester: { subject: 'alice', tenant: 'alpha', role: 'tenant' }, correlationId: newId() },
      {
        autoProvision: true,
        terminateOnRelease: true,
        criteria: {
          schedule: {},
          segment: { key: 77, encapsulation: 'gre' },
          vms: [],
          externalPorts: [],
          peers: [],
          hosts: [],
        },
      },
    );
    const found = await summary(reserved.connectionId);
    assert.equal(found.requesterNsa, 'urn:iris:requester:alice');
  });

  it('an asynchronous query needs somewhere to answer to, and somewhere that is allowed', async () => {
    const none = { connectionIds: [], globalReservationIds: [] };
    assert.equal(await nsi.refusal('querySummary', none), '00101');
    assert.equal(await nsi.refusal('querySummary', none, { replyTo: 'http://169.254.169.254/latest' }), '00302');
    assert.equal(await nsi.refusal('querySummary', none, { replyTo: 'gopher://x' }), '00100');
    assert.equal(await nsi.refusal('queryRecursive', none, { replyTo: ' ' }), '00101');
    assert.equal(
      await nsi.refusal('queryNotification', { connectionId: 'x' }, { replyTo: 'http://127.0.0.1:9/' }),
      '00203',
    );
  });

  it('the criteria name exactly one service', async () => {
    assert.equal(await nsi.refusal('reserve', reserveOf([])), '00101');
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi(), circuit()])), '00100');
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi(), smallVi()])), '00100');
    assert.equal(await nsi.refusal('reserve', reserveOf([smallVi()], { version: -1 })), '00100');
  });
});

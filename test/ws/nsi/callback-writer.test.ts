import assert from 'node:assert/strict';
import type { CallbackMessage, NsiNotification } from '../../../src/domain/nsi/messages.js';
import type { WireOf } from '../../../src/wire/nsi/connection-types.js';
import { requesterProtocol } from '../../../src/wire/nsi/namespaces.js';
import { requesterOperationNames } from '../../../src/wire/nsi/operations.js';
import { p2ps } from '../../../src/wire/nsi/p2p.js';
import { placement } from '../../../src/wire/nsi/vi.js';
import { readFragment } from '../../../src/wire/xml/read-element.js';
import { createCallbackWriter } from '../../../src/ws/nsi/callback-writer.js';
import { exampleReservation } from '../support/fake-provider.js';
import { aggregator, element, envelope, hear, newId, nsiHeader, ourNsa } from './nsi-messages.js';

const at = new Date('2030-05-01T00:00:00Z');
const { committed, states } = exampleReservation;
const connectionId = 'c-1';
const { version, criteria, placed, start, end } = committed!;
const serviceException = {
  connectionId,
  errorId: '00705',
  text: 'CAPACITY_UNAVAILABLE: <none> & nothing',
  variables: { node: 'n1', cpus: '4' },
};
const failed = { connectionId, connectionStates: states, serviceException };
const notified = { connectionId, notificationId: 4, timeStamp: at };

const notifications: NsiNotification[] = [
  { kind: 'reserveTimeout', ...notified, timeoutValue: 120 },
  { kind: 'errorEvent', ...notified, event: 'activateFailed', additionalInfo: { node: 'n1' }, serviceException },
  { kind: 'dataPlaneStateChange', ...notified, dataPlaneStatus: { active: true, version: 1, versionConsistent: true } },
  { kind: 'messageDeliveryTimeout', ...notified, correlationId: newId() },
];
const confirmed = {
  kind: 'reserveConfirmed' as const,
  connectionId,
  globalReservationId: 'urn:g',
  description: 'd',
  criteria: { version, criteria, placed, start, ...(end === undefined ? {} : { end }), serviceType: 's' },
};
const recorded = (resultId: number) => ({ resultId, correlationId: newId(), timeStamp: at });
const reservation = {
  ...exampleReservation,
  nsi: { requesterNSA: aggregator, serviceType: 's' },
  lastIds: { notification: 4, result: 0 },
};

const messages: CallbackMessage[] = [
  confirmed,
  { kind: 'reserveFailed', ...failed },
  { kind: 'reserveCommitFailed', ...failed },
  { kind: 'reserveCommitConfirmed', connectionId },
  { kind: 'reserveAbortConfirmed', connectionId },
  { kind: 'provisionConfirmed', connectionId },
  { kind: 'releaseConfirmed', connectionId },
  { kind: 'terminateConfirmed', connectionId },
  { kind: 'error', serviceException },
  ...notifications,
  { kind: 'querySummaryConfirmed', reservations: [reservation], lastModified: at },
  { kind: 'queryRecursiveConfirmed', reservations: [reservation] },
  { kind: 'queryNotificationConfirmed', notifications },
  {
    kind: 'queryResultConfirmed',
    results: [
      { ...recorded(1), result: confirmed },
      { ...recorded(2), result: { kind: 'error', serviceException } },
    ],
  },
];

describe('nsi: callbacks', () => {
  const writer = createCallbackWriter(ourNsa);
  const replyTo = 'http://127.0.0.1/';
  const heard = (message: CallbackMessage, correlationId = newId()) => {
    const { body: text, ...written } = writer.write({ correlationId, requesterNSA: aggregator, replyTo, message });
    return { ...written, text, ...hear(text) };
  };

  for (const message of messages)
    it(`${message.kind} is sent as the contract says, to whom it is for`, () => {
      const correlationId = newId();
      const { headers, header, element: name } = heard(message, correlationId);
      assert.equal(name, message.kind);
      assert.equal(headers.soapaction, `"http://schemas.ogf.org/nsi/2013/12/connection/service/${message.kind}"`);
      const { others: _o, securityAttributes: _s, ...said } = header!;
      assert.deepEqual(said, {
        protocolVersion: requesterProtocol,
        correlationId,
        requesterNsa: aggregator,
        providerNsa: ourNsa,
      });
    });

  it('there is one for everything that a requester listens to', () => {
    assert.deepEqual(messages.map(({ kind }) => kind).sort(), [...requesterOperationNames].sort());
  });

  it('user data is in none', () => {
    for (const message of messages) assert.doesNotMatch(heard(message).text, /tell-nobody/);
  });

  it('exceptions have the offending things as variables, and us as their origin', () => {
    const { body } = heard({ kind: 'reserveFailed', ...failed });
    const { serviceException: told } = body as WireOf<'reserveFailed'>;
    assert.equal(told.nsaId, ourNsa);
    assert.equal(told.text, serviceException.text);
    assert.deepEqual(
      told.variables?.variables.map(({ type, values }) => [type, ...values]),
      [
        ['node', 'n1'],
        ['cpus', '4'],
      ],
    );
  });

  it('a reservation is told with its place, or its circuit with the labels chosen', () => {
    const place = (heard(confirmed).body as WireOf<'reserveConfirmed'>).criteria.services[1]!;
    assert.equal(readFragment(placement, place).vms[0]?.node, 'n1');
    const ends = { kind: 'port' as const, node: 'gw' };
    const pointToPoint = {
      source: { ...ends, stp: 'a?vlan=5', port: 'a', vlan: 5 },
      dest: { ...ends, stp: 'b?vlan=6', port: 'b', vlan: 6 },
      capacityMbit: 10,
      directionality: 'Bidirectional' as const,
      symmetricPath: true,
    };
    const joined = { ...confirmed, criteria: { version, criteria, placed: { ...placed, pointToPoint }, start } };
    const told = (heard(joined).body as WireOf<'reserveConfirmed'>).criteria;
    assert.equal(told.schedule.endTime, null);
    assert.equal(told.serviceType, 'http://services.ogf.org/nsi/2013/12/descriptions/EVTS.A-GOLE');
    const { sourceStp, destStp, capacity } = readFragment(p2ps, told.services[0]!);
    assert.deepEqual([sourceStp, destStp, capacity], ['a?vlan=5', 'b?vlan=6', 10]);
  });

  it('a requester has taken a message when it acknowledges it, and not otherwise', () => {
    const complaint = (status: number, body: string) => writer.complaintAbout({ status, body });
    const acknowledged = envelope(nsiHeader(), element('acknowledgment', ''));
    assert.equal(complaint(200, acknowledged), undefined);
    assert.equal(complaint(202, acknowledged), undefined);
    assert.match(complaint(200, '') ?? '', /no SOAP/);
    assert.match(complaint(200, '<html>welcome</html>') ?? '', /no SOAP/);
    assert.match(complaint(302, '') ?? '', /302/);
    assert.match(complaint(500, acknowledged) ?? '', /500/);
    assert.match(complaint(200, envelope('', element('provisionConfirmed', ''))) ?? '', /provisionConfirmed/);
    const fault = envelope(
      '',
      '<S:Fault><faultcode>S:Client</faultcode><faultstring>no such\n id</faultstring></S:Fault>',
    );
    assert.match(complaint(500, fault) ?? '', /no such id/);
    assert.match(complaint(200, fault) ?? '', /no such id/);
    assert.match(complaint(200, `<!DOCTYPE a [<!ENTITY b "c">]>${acknowledged}`) ?? '', /no SOAP/);
  });
});

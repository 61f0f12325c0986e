/** A message of each kind, with everything in it that it may hold: the object, and the XML that says the same in the schema's order. */
import type { ConnectionElement, WireOf } from '../../../src/wire/nsi/connection-types.js';
import type { WireServiceException } from '../../../src/wire/nsi/framework-types.js';
import { connectionVocabulary } from '../../../src/wire/nsi/namespaces.js';

const ns = connectionVocabulary.namespace;
const message = (element: string, content: string): string =>
  `<nsi:${element} xmlns:nsi="${ns}">${content}</nsi:${element}>`;

export const uuid = 'urn:uuid:6f8a4c2e-0d5b-4c27-9a3e-2f1b7c9d0e11';
const nsa = 'urn:ogf:network:tokyo.example:2026:nsa';
const at = new Date('2030-05-01T00:00:00Z');
const atText = '2030-05-01T00:00:00.000Z';

const circuit = {
  namespace: 'http://schemas.ogf.org/nsi/2013/12/services/point2point',
  name: 'p2ps',
  xml: '<p2p:p2ps xmlns:p2p="http://schemas.ogf.org/nsi/2013/12/services/point2point"><capacity>100</capacity><directionality>Bidirectional</directionality><sourceSTP>urn:ogf:network:tokyo.example:2026:a?vlan=100</sourceSTP><destSTP>urn:ogf:network:tokyo.example:2026:b?vlan=100-199</destSTP></p2p:p2ps>',
};
const unknown = {
  namespace: 'urn:other',
  name: 'thing',
  xml: '<o:thing xmlns:o="urn:other" size="3"><o:part>x</o:part></o:thing>',
};

const deepException: WireServiceException = {
  nsaId: 'urn:ogf:network:osaka.example:2026:nsa',
  connectionId: 'child-1',
  serviceType: 'http://services.ogf.org/nsi/2013/12/descriptions/EVTS.A-GOLE',
  errorId: '00705',
  text: 'no capacity',
  variables: {
    variables: [
      {
        type: 'capacity',
        namespace: 'http://schemas.ogf.org/nsi/2013/12/services/point2point',
        values: ['100', null],
        feedback: [{ namespace: '', name: 'feedback', xml: '<feedback>at most 10</feedback>' }],
        others: [unknown],
      },
    ],
  },
  childExceptions: [],
};
const exception: WireServiceException = {
  nsaId: nsa,
  errorId: '00502',
  text: 'a < b & "c"',
  childExceptions: [deepException],
};
const exceptionText =
  `<serviceException><nsaId>${nsa}</nsaId><errorId>00502</errorId><text>a &lt; b &amp; &quot;c&quot;</text>` +
  '<childException><nsaId>urn:ogf:network:osaka.example:2026:nsa</nsaId><connectionId>child-1</connectionId>' +
  '<serviceType>http://services.ogf.org/nsi/2013/12/descriptions/EVTS.A-GOLE</serviceType><errorId>00705</errorId><text>no capacity</text>' +
  '<variables><variable type="capacity" namespace="http://schemas.ogf.org/nsi/2013/12/services/point2point"><value>100</value>' +
  '<value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/><feedback>at most 10</feedback>' +
  `${unknown.xml}</variable></variables></childException></serviceException>`;

const states = {
  reservationState: 'ReserveHeld',
  provisionState: 'Provisioned',
  lifecycleState: 'Created',
  dataPlaneStatus: { active: true, version: 2, versionConsistent: true },
} as const;
const planeText = '<active>true</active><version>2</version><versionConsistent>true</versionConsistent>';
const statesText =
  '<connectionStates><reservationState>ReserveHeld</reservationState><provisionState>Provisioned</provisionState>' +
  `<lifecycleState>Created</lifecycleState><dataPlaneStatus>${planeText}</dataPlaneStatus></connectionStates>`;

const schedule = { startTime: at, endTime: null };
const scheduleText = `<schedule><startTime>${atText}</startTime><endTime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></schedule>`;
const criteria = { version: 2, schedule, serviceType: 'service', services: [circuit, unknown] };
const criteriaText = `<criteria version="2">${scheduleText}<serviceType>service</serviceType>${circuit.xml}${unknown.xml}</criteria>`;

const id = { connectionId: 'connection-1' };
const idText = '<connectionId>connection-1</connectionId>';
const described = { ...id, globalReservationId: 'urn:global:1', description: 'for tests' };
const describedText = `${idText}<globalReservationId>urn:global:1</globalReservationId><description>for tests</description>`;
const failed = { ...id, connectionStates: states, serviceException: exception };
const failedText = idText + statesText + exceptionText;

const notification = { ...id, notificationId: 7, timeStamp: at };
const notificationText = `${idText}<notificationId>7</notificationId><timeStamp>${atText}</timeStamp>`;
const originText = `<originatingConnectionId>child-1</originatingConnectionId><originatingNSA>${nsa}</originatingNSA>`;
const origin = { originatingConnectionId: 'child-1', originatingNsa: nsa };

const pair = { type: 'node', values: ['n1'], feedback: [], others: [] };
const errorEvent = {
  ...notification,
  event: 'activateFailed' as const,
  ...origin,
  additionalInfo: { attributes: [pair] },
  serviceException: exception,
};
const errorEventText = `${notificationText}<event>activateFailed</event>${originText}<additionalInfo><attribute type="node"><value>n1</value></attribute></additionalInfo>${exceptionText}`;
const reserveTimeout = { ...notification, timeoutValue: 120, ...origin };
const reserveTimeoutText = `${notificationText}<timeoutValue>120</timeoutValue>${originText}`;
const dataPlaneStateChange = { ...notification, dataPlaneStatus: states.dataPlaneStatus };
const dataPlaneStateChangeText = `${notificationText}<dataPlaneStatus>${planeText}</dataPlaneStatus>`;
const messageDeliveryTimeout = { ...notification, correlationId: uuid };
const messageDeliveryTimeoutText = `${notificationText}<correlationId>${uuid}</correlationId>`;

const numbers = { notificationId: 7, resultId: 9 };
const numbersText = '<notificationId>7</notificationId><resultId>9</resultId>';
const summary: WireOf<'querySummaryConfirmed'> = {
  reservations: [
    {
      ...described,
      criteria: [
        {
          version: 2,
          schedule,
          serviceType: 'service',
          children: {
            children: [{ order: 0, connectionId: 'child-1', providerNsa: nsa, serviceType: 's', services: [circuit] }],
          },
          services: [circuit],
        },
      ],
      requesterNsa: nsa,
      connectionStates: states,
      ...numbers,
    },
  ],
  lastModified: at,
};
const summaryText =
  `<reservation>${describedText}<criteria version="2">${scheduleText}<serviceType>service</serviceType>` +
  `<children><child order="0"><connectionId>child-1</connectionId><providerNSA>${nsa}</providerNSA><serviceType>s</serviceType>${circuit.xml}</child></children>` +
  `${circuit.xml}</criteria><requesterNSA>${nsa}</requesterNSA>${statesText}${numbersText}</reservation><lastModified>${atText}</lastModified>`;

const recursive: WireOf<'queryRecursiveConfirmed'> = {
  reservations: [
    {
      ...described,
      criteria: [
        {
          version: 2,
          schedule,
          serviceType: 'service',
          children: {
            children: [
              {
                order: 1,
                connectionId: 'child-1',
                providerNsa: nsa,
                connectionStates: states,
                criteria: [{ version: 1, schedule: {}, serviceType: 's', services: [] }],
              },
            ],
          },
          services: [],
        },
      ],
      requesterNsa: nsa,
      connectionStates: states,
      ...numbers,
    },
  ],
};
const recursiveText =
  `<reservation>${describedText}<criteria version="2">${scheduleText}<serviceType>service</serviceType>` +
  `<children><child order="1"><connectionId>child-1</connectionId><providerNSA>${nsa}</providerNSA>${statesText}` +
  '<criteria version="1"><schedule></schedule><serviceType>s</serviceType></criteria></child></children></criteria>' +
  `<requesterNSA>${nsa}</requesterNSA>${statesText}${numbersText}</reservation>`;

const inNamespace = (element: string, content: string) => `<nsi:${element}>${content}</nsi:${element}>`;
const notifications: WireOf<'queryNotificationConfirmed'> = {
  notifications: [
    { element: 'dataPlaneStateChange', value: dataPlaneStateChange },
    { element: 'errorEvent', value: errorEvent },
    { element: 'reserveTimeout', value: reserveTimeout },
    { element: 'messageDeliveryTimeout', value: messageDeliveryTimeout },
    { element: 'dataPlaneStateChange', value: dataPlaneStateChange },
  ],
};
const notificationsText =
  inNamespace('dataPlaneStateChange', dataPlaneStateChangeText) +
  inNamespace('errorEvent', errorEventText) +
  inNamespace('reserveTimeout', reserveTimeoutText) +
  inNamespace('messageDeliveryTimeout', messageDeliveryTimeoutText) +
  inNamespace('dataPlaneStateChange', dataPlaneStateChangeText);

const result = (resultId: number) => ({ resultId, correlationId: uuid, timeStamp: at });
const resultText = (resultId: number, element: string, content: string) =>
  `<result><resultId>${resultId}</resultId><correlationId>${uuid}</correlationId><timeStamp>${atText}</timeStamp>${inNamespace(element, content)}</result>`;
const results: WireOf<'queryResultConfirmed'> = {
  results: [
    { ...result(1), outcome: { element: 'reserveConfirmed', value: { ...described, criteria } } },
    { ...result(2), outcome: { element: 'reserveFailed', value: failed } },
    { ...result(3), outcome: { element: 'reserveCommitConfirmed', value: id } },
    { ...result(4), outcome: { element: 'reserveCommitFailed', value: failed } },
    { ...result(5), outcome: { element: 'reserveAbortConfirmed', value: id } },
    { ...result(6), outcome: { element: 'provisionConfirmed', value: id } },
    { ...result(7), outcome: { element: 'releaseConfirmed', value: id } },
    { ...result(8), outcome: { element: 'terminateConfirmed', value: id } },
    { ...result(9), outcome: { element: 'error', value: { serviceException: exception } } },
  ],
};
const resultsText =
  resultText(1, 'reserveConfirmed', describedText + criteriaText) +
  resultText(2, 'reserveFailed', failedText) +
  resultText(3, 'reserveCommitConfirmed', idText) +
  resultText(4, 'reserveCommitFailed', failedText) +
  resultText(5, 'reserveAbortConfirmed', idText) +
  resultText(6, 'provisionConfirmed', idText) +
  resultText(7, 'releaseConfirmed', idText) +
  resultText(8, 'terminateConfirmed', idText) +
  resultText(9, 'error', exceptionText);

const query = { connectionIds: ['a', 'b'], globalReservationIds: [], ifModifiedSince: at };
const queryText = `<connectionId>a</connectionId><connectionId>b</connectionId><ifModifiedSince>${atText}</ifModifiedSince>`;
const byGlobalId = { connectionIds: [], globalReservationIds: ['urn:g:1', 'urn:g:2'] };
const byGlobalIdText =
  '<globalReservationId>urn:g:1</globalReservationId><globalReservationId>urn:g:2</globalReservationId>';

export type Sample = { [E in ConnectionElement]: { element: E; value: WireOf<E>; xml: string } }[ConnectionElement];
const sample = <E extends ConnectionElement>(element: E, value: WireOf<E>, content: string): Sample =>
  ({ element, value, xml: message(element, content) }) as Sample;

export const samples: readonly Sample[] = [
  sample('reserve', { ...described, criteria }, describedText + criteriaText),
  sample('reserve', { criteria: { services: [] } }, '<criteria></criteria>'),
  sample(
    'reserve',
    { ...id, criteria: { services: [], schedule: { startTime: null } } },
    `${idText}<criteria><schedule><startTime xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></schedule></criteria>`,
  ),
  sample('reserveResponse', id, idText),
  sample('reserveConfirmed', { ...described, criteria }, describedText + criteriaText),
  sample('reserveFailed', failed, failedText),
  sample('reserveCommit', id, idText),
  sample('reserveCommitConfirmed', id, idText),
  sample('reserveCommitFailed', failed, failedText),
  sample('reserveAbort', id, idText),
  sample('reserveAbortConfirmed', id, idText),
  sample('provision', id, idText),
  sample('provisionConfirmed', id, idText),
  sample('release', id, idText),
  sample('releaseConfirmed', id, idText),
  sample('terminate', id, idText),
  sample('terminateConfirmed', id, idText),
  sample('querySummary', query, queryText),
  sample('querySummary', byGlobalId, byGlobalIdText),
  sample('querySummary', { connectionIds: [], globalReservationIds: [] }, ''),
  sample('querySummarySync', query, queryText),
  sample('queryRecursive', query, queryText),
  sample('querySummaryConfirmed', summary, summaryText),
  sample('querySummarySyncConfirmed', summary, summaryText),
  sample('querySummarySyncConfirmed', { reservations: [] }, ''),
  sample('queryRecursiveConfirmed', recursive, recursiveText),
  sample(
    'queryNotification',
    { ...id, startNotificationId: 1, endNotificationId: 5 },
    `${idText}<startNotificationId>1</startNotificationId><endNotificationId>5</endNotificationId>`,
  ),
  sample(
    'queryNotificationSync',
    { ...id, startNotificationId: 2 },
    `${idText}<startNotificationId>2</startNotificationId>`,
  ),
  sample('queryNotificationConfirmed', notifications, notificationsText),
  sample('queryNotificationSyncConfirmed', { notifications: [] }, ''),
  sample(
    'queryResult',
    { ...id, startResultId: 1, endResultId: 5 },
    `${idText}<startResultId>1</startResultId><endResultId>5</endResultId>`,
  ),
  sample('queryResultSync', id, idText),
  sample('queryResultConfirmed', results, resultsText),
  sample('queryResultSyncConfirmed', results, resultsText),
  sample('error', { serviceException: exception }, exceptionText),
  sample('errorEvent', errorEvent, errorEventText),
  sample(
    'errorEvent',
    { ...notification, event: 'forcedEnd', ...origin },
    `${notificationText}<event>forcedEnd</event>${originText}`,
  ),
  sample('reserveTimeout', reserveTimeout, reserveTimeoutText),
  sample('dataPlaneStateChange', dataPlaneStateChange, dataPlaneStateChangeText),
  sample('messageDeliveryTimeout', messageDeliveryTimeout, messageDeliveryTimeoutText),
  sample('acknowledgment', {}, ''),
  sample(
    'serviceException',
    deepException,
    exceptionText.replace(/^.*<childException>/, '').replace(/<\/childException>.*$/, ''),
  ),
];

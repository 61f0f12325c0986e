import assert from 'node:assert/strict';
import type { RequestOptions } from 'node:http';
import { connectionVocabulary, requesterProtocol } from '../../../src/wire/nsi/namespaces.js';
import { snapshot } from '../../services/site-under-test.js';
import { digestToken, security, textToken } from '../support/post.js';
import { exchange } from './exchange.js';
import { aggregator, envelope, type Heard, hear, newId, nsiHeader, ourNsa, write } from './nsi-messages.js';
import { reserveOf, vi } from './nsi-requests.js';
import { type Answer, type NsiService, type Said, startNsi } from './nsi-service.js';

const provision = write('provision', { connectionId: 'c-1' });
const trusted = 'urn:ogf:network:trusted.example:2020:nsa';

describe('nsi: messages that are not as they should be', () => {
  let nsi: NsiService;
  let before_ = '';
  before(async () => {
    nsi = await startNsi();
    before_ = await snapshot(nsi);
  });
  after(() => nsi.close());
  afterEach('the service is healthy, the database as it was', async () => {
    assert.equal(await snapshot(nsi), before_);
    assert.equal((await fetch(new URL('/health', nsi.url))).status, 200);
    assert.equal(await nsi.refusal('provision', { connectionId: 'c-1' }), '00203');
  });

  const token = () => security(digestToken());
  const expectFault = ({ status, fault }: Answer, errorId: string | undefined, about: RegExp, code = 'soap:Client') => {
    assert.equal(status, 500);
    assert.equal(fault?.code, code);
    assert.equal(fault?.exception?.errorId, errorId);
    assert.match(fault?.string ?? '', about);
    if (errorId !== undefined) assert.equal(fault?.exception?.nsaId, ourNsa);
  };

  const headers: [what: string, said: Said, errorId: string, about: RegExp][] = [
    ['an old protocol version', { protocolVersion: 'application/vnd.ogf.nsi.cs.v1.provider+soap' }, '00104', /v1/],
    ['a message for a requester', { protocolVersion: requesterProtocol }, '00104', /requester/],
    ['a message for another provider', { providerNsa: 'urn:ogf:network:other:nsa' }, '00102', /other:nsa/],
    ['a correlation id in capitals', { correlationId: newId().toUpperCase() }, '00100', /correlationId/],
    ['a correlation id that is none', { correlationId: 'urn:uuid:1' }, '00100', /correlationId/],
    ['an empty requester', { requesterNsa: '' }, '00302', /not known/],
    ['an element of the header that is not there', { more: '<priority>1</priority>' }, '00100', /priority/],
    [
      'elements of the header in another order',
      { more: '<replyTo>http://127.0.0.1/</replyTo>', replyTo: 'urn:x' },
      '00100',
      /replyTo/,
    ],
    ['a requester that is not known', { requesterNsa: 'urn:ogf:network:nobody:2020:nsa' }, '00302', /nobody/],
    ['a wrong password', { password: 'x' }, '00301', /password/],
    ['another tenant', { user: 'bob', password: 'builder' }, '00302', /bob/],
    ['no credential', { securityHeader: '' }, '00301', /neither/],
    ['several tokens', { securityHeader: security(digestToken() + digestToken()) }, '00301', /several/],
    ['several security headers', { securityHeader: token() + token() }, '00300', /several Security/],
  ];
  for (const [what, said, errorId, about] of headers)
    it(`${what}: ${errorId}`, async () => expectFault(await nsi.say(provision, said), errorId, about));

  it('no nsiHeader, and two', async () => {
    expectFault(await nsi.post(envelope(token(), provision)), '00101', /nsiHeader/);
    expectFault(await nsi.post(envelope(nsiHeader() + nsiHeader() + token(), provision)), '00100', /several/);
  });

  it('a header that must be understood, and is not; the nsiHeader is', async () => {
    const strange = '<x:tx xmlns:x="urn:x" S:mustUnderstand="1"/>';
    expectFault(
      await nsi.post(envelope(strange + nsiHeader() + token(), provision)),
      undefined,
      /tx/,
      'soap:MustUnderstand',
    );
    const understood = nsiHeader().replace('<h:nsiHeader', '<h:nsiHeader S:mustUnderstand="1"');
    expectFault(await nsi.post(envelope(understood + token(), provision)), '00203', /c-1/);
  });

  const bodies: [what: string, body: string, about: RegExp][] = [
    [
      'an operation that is not there',
      write('provision', { connectionId: 'c' }).replaceAll('provision', 'destroy'),
      /destroy/,
    ],
    ['a callback', write('provisionConfirmed', { connectionId: 'c' }), /provisionConfirmed/],
    ['an operation of another namespace', provision.replace(connectionVocabulary.namespace, 'urn:other'), /urn:other/],
    ['a missing element', provision.replace(/<connectionId>.*<\/connectionId>/, ''), /connectionId/],
    ['a repeated element', provision.replace(/(<connectionId>.*<\/connectionId>)/, '$1$1'), /connectionId/],
    ['an unknown element', provision.replace('</nsi:provision>', '<when>now</when></nsi:provision>'), /when/],
    ['a qualified child', provision.replaceAll('connectionId>', 'nsi:connectionId>'), /connectionId/],
    ['a wrong type', write('reserve', reserveOf([vi()])).replace('<key>4711<', '<key>many<'), /many/],
    [
      'a time that is none',
      write('reserve', reserveOf([], { schedule: { endTime: new Date(0) } })).replace(/1970[^<]*/, 'soon'),
      /soon/,
    ],
    ['text where none belongs', provision.replace('<connectionId>', 'x<connectionId>'), /provision/],
    ['an attribute that is not there', provision.replace('<connectionId>', '<connectionId a="1">'), /'a'/],
    [
      'both kinds of ids',
      '<n:querySummarySync xmlns:n="NS"><connectionId>a</connectionId><globalReservationId>b</globalReservationId></n:querySummarySync>'.replace(
        'NS',
        connectionVocabulary.namespace,
      ),
      /globalReservationId/,
    ],
    [
      'a circuit without ends',
      write('reserve', reserveOf([])).replace(
        '</criteria>',
        '<p:p2ps xmlns:p="http://schemas.ogf.org/nsi/2013/12/services/point2point"><capacity>1</capacity></p:p2ps></criteria>',
      ),
      /p2ps/,
    ],
  ];
  for (const [what, body, about] of bodies)
    it(`${what}: 00100`, async () => expectFault(await nsi.say(body), '00100', about));

  it('texts that have no end: 00100', async () => {
    const long = 'x'.repeat(5000);
    const service = [vi()];
    expectFault(await nsi.say(write('provision', { connectionId: long })), '00100', /connectionId is longer/);
    expectFault(await nsi.say(write('reserve', reserveOf(service, {}, { description: long }))), '00100', /description/);
    const named = reserveOf(service, {}, { globalReservationId: `urn:${long}` });
    expectFault(await nsi.say(write('reserve', named)), '00100', /globalReservationId/);
    expectFault(await nsi.say(write('reserve', reserveOf(service, { serviceType: long }))), '00100', /serviceType/);
    expectFault(await nsi.say(provision, { replyTo: `http://127.0.0.1/${long}` }), '00100', /replyTo/);
  });

  it('two elements in the body, and none', async () => {
    expectFault(await nsi.say(provision + provision), '00100', /2 elements/);
    expectFault(await nsi.say(''), '00100', /0 elements/);
  });

  it('what cannot be had of the criteria is not supported', async () => {
    const strange = write('reserve', reserveOf([])).replace(
      '</criteria>',
      '<v:wish xmlns:v="urn:iris:vi:1"/></criteria>',
    );
    expectFault(await nsi.say(strange), '00102', /wish/);
    const capacity = '<p:capacity xmlns:p="http://schemas.ogf.org/nsi/2013/12/services/point2point">1</p:capacity>';
    expectFault(
      await nsi.say(write('reserve', reserveOf([])).replace('</criteria>', `${capacity}</criteria>`)),
      '00102',
      /capacity/,
    );
  });

  it('the fault of a Sync query has error as its detail, as the WSDL says', async () => {
    const { fault } = await nsi.say(write('queryResultSync', { connectionId: 'c-1' }));
    assert.equal(fault?.detail, 'error');
    assert.equal(fault?.exception?.errorId, '00203');
    assert.equal((await nsi.say(provision)).fault?.detail, 'serviceException');
  });

  it('an answer bears the header of its request, a fault, too', async () => {
    const correlationId = newId();
    const answers: Heard[] = [
      await nsi.say(write('querySummarySync', { connectionIds: [], globalReservationIds: [] }), { correlationId }),
      await nsi.say(provision, { correlationId }),
    ];
    for (const { header } of answers) {
      const { others: _o, securityAttributes: _s, ...said } = header!;
      assert.deepEqual(said, {
        protocolVersion: requesterProtocol,
        correlationId,
        requesterNsa: aggregator,
        providerNsa: ourNsa,
      });
    }
  });

  const hostile: [what: string, text: () => string][] = [
    ['a document type', () => `<!DOCTYPE x [<!ENTITY a "b">]>${envelope(nsiHeader() + token(), provision)}`],
    [
      'deep nesting',
      () =>
        envelope(
          nsiHeader({ more: '<x:y xmlns:x="urn:x">'.repeat(2000) + '</x:y>'.repeat(2000) }) + token(),
          provision,
        ),
    ],
    [
      'a hundred thousand elements',
      () => envelope(nsiHeader({ more: '<x:y xmlns:x="urn:x"/>'.repeat(40_000) }) + token(), provision),
    ],
    [
      'names that every object has',
      () => envelope(nsiHeader({ more: '<constructor xmlns="urn:x"/>' }) + token(), provision),
    ],
    ['a processing instruction', () => envelope(nsiHeader() + token(), `<?x y?>${provision}`)],
    ['no XML', () => 'reserve me something'],
    ['half a message', () => envelope(nsiHeader() + token(), provision).slice(0, -40)],
    ['an envelope in an envelope', () => envelope(nsiHeader() + token(), envelope(nsiHeader(), provision))],
  ];
  for (const [what, text] of hostile)
    it(`${what}: 00100`, async () => expectFault(await nsi.post(text()), '00100', /./));

  it('a schema that a message names is not looked for', async () => {
    const located = provision.replace(
      '<nsi:provision',
      '<nsi:provision xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:evil file:///etc/passwd" xsi:noNamespaceSchemaLocation="file:///dev/zero"',
    );
    expectFault(await nsi.say(located), '00203', /c-1/);
  });

  it('SOAP 1.2 is a VersionMismatch', async () => {
    const soap12 = envelope(nsiHeader() + token(), provision).replace(
      'http://schemas.xmlsoap.org/soap/envelope/',
      'http://www.w3.org/2003/05/soap-envelope',
    );
    expectFault(await nsi.post(soap12), undefined, /SOAP 1.2/, 'soap:VersionMismatch');
  });

  const send = async (body: string | Buffer, options: RequestOptions = {}): Promise<Answer> => {
    const { status, text } = await exchange(new URL('/nsi/provider', nsi.url), body, options);
    return { status, ...hear(text) };
  };

  it('what fails before there is a message is an NSI fault, too', async () => {
    const put = await send('', { method: 'PUT' });
    assert.equal(put.status, 405);
    const json = await send('{}', { headers: { 'Content-Type': 'application/json' } });
    assert.equal(json.status, 415);
    assert.equal(json.fault?.exception?.nsaId, ourNsa);
  });

  describe('and what peers do that is taken', () => {
    const taken = async (body: string, said: Said = {}) => {
      const { fault } = await nsi.say(body, said);
      // It got as far as the engine, which has no such reservation.
      assert.equal(fault?.exception?.errorId, '00203', fault?.string);
    };
    it('a ConnectionTrace, attributes of others, spaces, an empty replyTo', async () => {
      const trace =
        '<t:ConnectionTrace xmlns:t="urn:trace" id="urn:x" href="y"><Connection index="0">urn:x</Connection></t:ConnectionTrace>';
      await taken(provision, { more: trace, requesterNsa: `\n ${aggregator} `, replyTo: '' });
    });
    it('times without a zone', async () => {
      const body = write(
        'reserve',
        reserveOf(
          [],
          { schedule: { startTime: new Date('2040-01-01T00:00:00Z'), endTime: null } },
          { connectionId: 'c-1' },
        ),
      );
      await taken(body.replace('2040-01-01T00:00:00.000Z', '2040-01-01T00:00:00'));
      await taken(body.replace('2040-01-01T00:00:00.000Z', ' 2040-01-01T00:00:00.5\n'));
      await taken(body.replace('2040-01-01T00:00:00.000Z', '2040-01-01T09:00:00+09:00'));
    });
    it('a namespace that is no absolute URI', async () => {
      await taken(provision, { more: '<r:x xmlns:r="relative"/>' });
    });
    it('a path trace in the criteria', async () => {
      const trace =
        '<pt:pathTrace xmlns:pt="http://schemas.ogf.org/nsi/2015/04/connection/pathtrace" id="urn:x" connectionId="1"><path/></pt:pathTrace>';
      const body = write('reserve', reserveOf([], {}, { connectionId: 'c-1' }));
      await taken(body.replace('</criteria>', `${trace}</criteria>`));
    });
    it('no credential from a requester that is taken at its word', async () => {
      await taken(provision, { requesterNsa: trusted, securityHeader: '' });
    });
    it('a password as text over loopback', async () => {
      await taken(provision, { securityHeader: security(textToken('alice', 'wonderland')) });
    });
  });
});

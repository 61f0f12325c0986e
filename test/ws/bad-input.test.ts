import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { commit, digestToken, envelope, post, reserve, security } from './support/post.js';
import { type RunningService, startService } from './support/running-service.js';

const slow = { bodyTimeoutMs: 300 };

describe('bad input', () => {
  let running: RunningService;
  before(async () => {
    running = await startService({ limits: slow });
  });
  beforeEach(() => {
    running.provider.asked.length = 0;
  });
  afterEach('nothing was asked of the provider, and the service still answers', async () => {
    assert.deepEqual(running.provider.asked, []);
    assert.equal((await post(running.url, envelope(commit))).status, 200);
  });
  after(() => running.service.stop());

  const soap = 'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"';
  // Made when they are sent: a token is good for minutes, and this file may wait longer for its turn.
  const malformed: [string, () => string | Buffer, RegExp][] = [
    ['nothing', () => '', /no body/],
    ['no XML', () => 'hello', /well-formed/],
    ['half a message', () => envelope(commit).slice(0, 200), /well-formed.*line 1/],
    ['two roots', () => '<a/><b/>', /well-formed/],
    ['an undeclared prefix', () => envelope('<no:where/>'), /well-formed/],
    ['an undeclared entity', () => envelope(commit.replace('c-1', '&nbsp;')), /well-formed/],
    ['another root', () => '<html/>', /\{\}html/],
    ['a Body in no envelope', () => `<soap:Body ${soap}/>`, /Body/],
    ['an envelope without a Body', () => `<soap:Envelope ${soap}><soap:Header/></soap:Envelope>`, /no Body/],
    ['a Body before the Header', () => `<soap:Envelope ${soap}><soap:Body/><soap:Header/></soap:Envelope>`, /Header/],
    ['two Bodies', () => `<soap:Envelope ${soap}><soap:Body/><soap:Body/></soap:Envelope>`, /goes on.*Body/],
    ['two Headers', () => `<soap:Envelope ${soap}><soap:Header/><soap:Header/><soap:Body/></soap:Envelope>`, /no Body/],
    ['an empty Body', () => envelope(''), /0 elements/],
    ['two requests in one Body', () => envelope(commit + commit), /2 elements/],
    ['a processing instruction', () => envelope(`<?php evil() ?>${commit}`), /processing instruction/],
    ['bytes that are no UTF-8', () => Buffer.from([0x3c, 0xff, 0xfe, 0x3e]), /UTF-8/],
    ['too deep', () => envelope(`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`), /more than 32 depth/],
    ['deeper than the parser goes', () => envelope('<a>'.repeat(100_000)), /more than 32 depth/],
    [
      'an IP address that is none',
      () => envelope(reserve('<peer><site>s</site><gateway>1.2.3.400</gateway></peer>')),
      /1\.2\.3\.400/,
    ],
    [
      'a time that is none',
      () =>
        envelope(
          reserve().replace('<segment>', '<schedule><endTime>2030-13-01T00:00:00Z</endTime></schedule><segment>'),
        ),
      /endTime/,
    ],
    [
      'a year that JavaScript has not',
      () =>
        envelope(
          reserve().replace('<segment>', '<schedule><endTime>12030-01-01T00:00:00Z</endTime></schedule><segment>'),
        ),
      /endTime/,
    ],
    [
      'a namespace that is no absolute URI',
      () => envelope(commit.replace('<rms:commit', '<rms:commit xmlns:x="relative"')),
      /absolute URI/,
    ],
    [
      'two Security headers',
      () => envelope(commit, security(digestToken()) + security(digestToken())),
      /several Security/,
    ],
  ];
  for (const [what, message, where] of malformed)
    it(`${what} gets a fault that says so`, async () => {
      const { status, fault } = await post(running.url, message());
      assert.equal(status, 500);
      assert.equal(fault?.faultCode, 'soap:Client');
      assert.match(fault?.text ?? '', where);
    });

  it('two tokens in one header are refused', async () => {
    const { fault } = await post(running.url, envelope(commit, security(digestToken() + digestToken())));
    assert.equal(fault?.errorId, '00301');
  });

  it('an envelope of no known version is a VersionMismatch', async () => {
    const { fault } = await post(running.url, '<Envelope xmlns="urn:x"/>');
    assert.equal(fault?.faultCode, 'soap:VersionMismatch');
  });

  it('megabytes are refused by size', async () => {
    const { status, fault } = await post(running.url, Buffer.alloc(3 << 20, 'x'));
    assert.equal(status, 413);
    assert.equal(fault?.variables.maxBytes, String(1 << 20));
  });

  it('megabytes without a length are refused by size', async () => {
    const write = (request: ClientRequest) => {
      for (let i = 0; i < 3; i += 1) request.write(Buffer.alloc(1 << 20, 'x'));
      request.end();
    };
    assert.equal((await post(running.url, '', { write })).status, 413);
  });

  it('thousands of headers and attributes are no trouble', async () => {
    const headers = Array.from({ length: 5000 }, (_, i) => `<h${i} a${i}="1" b="2"/>`).join('');
    assert.equal((await post(running.url, envelope('<rms:x/>', headers))).status, 500);
  });

  for (const type of ['application/json', 'text/plain', 'multipart/related', ''])
    it(`the content type '${type}' is refused`, async () => {
      const { status, fault } = await post(running.url, envelope(commit), { headers: { 'Content-Type': type } });
      assert.equal(status, 415);
      assert.equal(fault?.variables.contentType, type);
    });

  it('a charset that is not read here is refused', async () => {
    const headers = { 'Content-Type': 'text/xml; charset=iso-8859-1' };
    const { fault } = await post(running.url, envelope(commit), { headers });
    assert.equal(fault?.variables.charset, 'iso-8859-1');
  });

  it('a body that does not come to its end is given up', async () => {
    const requests: ClientRequest[] = [];
    const write = (request: ClientRequest) => {
      requests.push(request);
      request.setHeader('Content-Length', '1000');
      request.write('<soap:Envelope');
    };
    const { status, fault, headers } = await post(running.url, '', { write });
    assert.equal(status, 408);
    assert.match(fault?.text ?? '', /did not arrive within 300 ms/);
    assert.equal(headers.connection, 'close');
    requests[0]?.destroy();
  });

  it('a client that goes away in the middle leaves nothing behind', async () => {
    const write = (request: ClientRequest) => {
      request.setHeader('Content-Length', '1000');
      request.write('<soap:Envelope', () => request.destroy());
    };
    await assert.rejects(post(running.url, '', { write }));
  });
});

describe('input that is unusual and fine', () => {
  let running: RunningService;
  before(async () => {
    running = await startService();
  });
  after(() => running.service.stop());

  it('UTF-16 with a byte order mark', async () => {
    const bytes = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${envelope(commit)}`, 'utf16le'),
    ]);
    assert.equal((await post(running.url, bytes, { headers: { 'Content-Type': 'text/xml' } })).status, 200);
  });

  it('other prefixes, comments, an XML declaration, spaces', async () => {
    const message = envelope(commit)
      .replaceAll('soap:', 'S:')
      .replace('xmlns:soap', 'xmlns:S')
      .replaceAll('rms:commit', 'q:commit')
      .replace('<q:commit', '<!-- c --> <q:commit xmlns:q="urn:iris:rms:1"')
      .replace('</correlationId>', '</correlationId>\n  <!-- here -->');
    const { status } = await post(running.url, `<?xml version="1.0"?>\n<!-- hello -->\n${message}\n`);
    assert.equal(status, 200);
  });

  it('a body that comes in pieces', async () => {
    const text = envelope(commit);
    const write = async (request: ClientRequest) => {
      for (let at = 0; at < text.length; at += 97)
        if (!request.write(text.slice(at, at + 97))) await once(request, 'drain');
      request.end();
    };
    assert.equal((await post(running.url, '', { write: (request) => void write(request) })).status, 200);
  });

  it('user data up to its limit, to the last space', async () => {
    const data = `${' \n'.repeat(100)}#${'x'.repeat(65_000)}${'\t '.repeat(50)}`;
    const vm = `<vm><name>a</name><cpus>1</cpus><memoryMiB>1</memoryMiB><diskGiB>1</diskGiB><image>i</image><userData>${data}</userData></vm>`;
    assert.equal((await post(running.url, envelope(reserve(vm)))).status, 200);
    const request = running.provider.asked.at(-1)?.request as { criteria: { vms: { userData: string }[] } };
    assert.equal(request.criteria.vms[0]?.userData, data);
  });

  it('user data beyond its limit is refused without being repeated', async () => {
    const vm = `<vm><name>a</name><cpus>1</cpus><memoryMiB>1</memoryMiB><diskGiB>1</diskGiB><image>i</image><userData>${'secret'.repeat(12_000)}</userData></vm>`;
    const { fault, body } = await post(running.url, envelope(reserve(vm)));
    assert.match(fault?.variables.element ?? '', /userData$/);
    assert.doesNotMatch(body, /secret/);
  });
});

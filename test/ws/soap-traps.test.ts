/** What node-soap does by itself and a service must not: one test, named after it, for each. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import {
  commit,
  correlationId,
  digestToken,
  envelope,
  getReservation,
  post,
  reserve,
  security,
} from './support/post.js';
import { type RunningService, startService } from './support/running-service.js';

describe('traps of SOAP libraries', () => {
  let running: RunningService;
  before(async () => {
    running = await startService();
  });
  beforeEach(() => {
    running.provider.before = undefined;
    running.provider.asked.length = 0;
  });
  afterEach('the service is healthy and still answers', async () => {
    running.provider.before = undefined;
    assert.equal((await post(running.url, envelope(commit))).status, 200);
    assert.equal((await fetch(new URL('/health', running.url))).status, 200);
  });
  after(() => running.service.stop());

  describe('1: compressed bodies', () => {
    const headers = { 'Content-Encoding': 'gzip' };
    it('refuses a body that says gzip and is none', async () => {
      const answer = await post(running.url, 'this is no gzip', { headers });
      assert.equal(answer.status, 400);
      assert.equal(answer.fault?.faultCode, 'soap:Client');
    });
    it('refuses a small body that becomes a huge one', async () => {
      const bomb = gzipSync(Buffer.alloc(64 << 20, ' '));
      assert(bomb.length < 100_000);
      const answer = await post(running.url, bomb, { headers });
      assert.equal(answer.status, 413);
      assert.equal(answer.fault?.variables.maxBytes, String(1 << 20));
    });
    it('reads a body that is gzip', async () => {
      assert.equal((await post(running.url, gzipSync(envelope(commit)), { headers })).status, 200);
    });
    it('refuses an encoding that it does not know', async () => {
      const answer = await post(running.url, 'x', { headers: { 'Content-Encoding': 'zstd' } });
      assert.equal(answer.status, 415);
    });
  });

  describe('2: nothing is validated', () => {
    const refused: [string, string, RegExp][] = [
      ['a wrong type', reserve().replace('<key>1</key>', '<key>abc</key>'), /'key'.*'abc'/],
      ['a value out of range', reserve().replace('<key>1</key>', '<key>16777216</key>'), /'key'/],
      ['a missing element', reserve().replace('<key>1</key>', ''), /key/],
      ['an unknown element', reserve('<colour>red</colour>'), /colour/],
      ['a repeated element', reserve().replace('<key>1</key>', '<key>1</key><key>2</key>'), /key/],
      [
        'elements in another order',
        reserve().replace(/(<key>.*<\/key>)(<encapsulation>.*?<\/encapsulation>)/, '$2$1'),
        /encapsulation/,
      ],
      ['children in the namespace', reserve().replaceAll('criteria>', 'rms:criteria>'), /criteria/],
      ['an attribute that is not there', reserve().replace('<key>', '<key unit="1">'), /unit/],
      ['a correlation id that is none', commit.replace(correlationId, 'urn:uuid:1'), /correlationId/],
      ['text between elements', commit.replace('<connectionId>', 'x<connectionId>'), /commit/],
    ];
    for (const [what, body, where] of refused)
      it(`refuses ${what}, and says where`, async () => {
        const { status, fault } = await post(running.url, envelope(body));
        assert.equal(status, 500);
        assert.equal(fault?.faultCode, 'soap:Client');
        assert.equal(fault?.errorId, '00100');
        assert.match(fault?.text ?? '', where);
        assert.equal(fault?.variables.line, '1');
        assert.match(fault?.variables.element ?? '', /^(reserve|commit)/);
        assert.deepEqual(running.provider.asked, []);
      });

    it('answers a SOAP 1.2 envelope with a VersionMismatch', async () => {
      const soap12 = envelope(commit).replace(
        'http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope',
      );
      const answer = await post(running.url, soap12, { headers: { 'Content-Type': 'application/soap+xml' } });
      assert.equal(answer.status, 500);
      assert.equal(answer.fault?.faultCode, 'soap:VersionMismatch');
    });

    it('answers a header that must be understood, and is not, with MustUnderstand', async () => {
      const header = '<x:tx xmlns:x="urn:x" soap:mustUnderstand="1"/>';
      const { status, fault } = await post(running.url, envelope(commit, header));
      assert.equal(status, 500);
      assert.equal(fault?.faultCode, 'soap:MustUnderstand');
      assert.match(fault?.faultString ?? '', /\{urn:x\}tx/);
    });

    it('leaves alone a header for somebody else, or one that need not be understood', async () => {
      const others = '<x:a xmlns:x="urn:x" soap:mustUnderstand="1" soap:actor="urn:other"/><x:b xmlns:x="urn:x"/>';
      assert.equal((await post(running.url, envelope(commit, others + security(digestToken())))).status, 200);
    });

    it('answers an unknown operation with a fault that lists the known, without a stack', async () => {
      const { status, fault, body } = await post(running.url, envelope('<rms:destroy/>'));
      assert.equal(status, 500);
      assert.equal(fault?.errorId, '00100');
      assert.equal(fault?.variables.operation, 'destroy');
      assert.doesNotMatch(body, /\.js|node_modules| at /);
    });

    it("dispatches on the body's qualified name: another namespace is another operation", async () => {
      const { fault } = await post(
        running.url,
        envelope(commit.replaceAll('rms:', 'o:').replace('<o:commit', '<o:commit xmlns:o="urn:other"')),
      );
      assert.equal(fault?.variables.namespace, 'urn:other');
      assert.deepEqual(running.provider.asked, []);
    });

    it("dispatches on the body's qualified name, whatever SOAPAction says", async () => {
      const { status } = await post(running.url, envelope(commit), {
        headers: { SOAPAction: '"urn:iris:rms:1/terminate"' },
      });
      assert.equal(status, 200);
      assert.deepEqual(
        running.provider.asked.map((a) => a.operation),
        ['commit'],
      );
    });
  });

  describe('3: document types and entities', () => {
    const lol = `<!DOCTYPE l [<!ENTITY a "${'ha'.repeat(50)}">${'bcdefghij'
      .split('')
      .map((name, i) => `<!ENTITY ${name} "${`&${'abcdefghij'[i]};`.repeat(10)}">`)
      .join('')}]>`;
    const cases: [string, string][] = [
      ['a document type', '<!DOCTYPE x>'],
      ['an entity bomb', lol],
      ['an external entity', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'],
      ['a document type behind a comment', '<?xml version="1.0"?>\n<!-- <x> --> <!DOCTYPE x>'],
    ];
    for (const [what, prolog] of cases)
      it(`refuses ${what}`, async () => {
        const { fault } = await post(
          running.url,
          prolog + envelope(commit.replace('c-1', what.includes('entity') ? '&a;' : 'c-1')),
        );
        assert.equal(fault?.variables.found, 'DOCTYPE');
      });
    it('does not mistake user data for one', async () => {
      const vm = (data: string) =>
        `<vm><name>a</name><cpus>1</cpus><memoryMiB>1</memoryMiB><diskGiB>1</diskGiB><image>i</image><userData>${data}</userData></vm>`;
      const { status } = await post(
        running.url,
        envelope(reserve(vm('<![CDATA[<?xml version="1.0"?><!DOCTYPE html><a id="__proto__"/>]]>'))),
      );
      assert.equal(status, 200);
      const request = running.provider.asked[0]?.request as { criteria: { vms: { userData: string }[] } };
      assert.equal(request.criteria.vms[0]?.userData, '<?xml version="1.0"?><!DOCTYPE html><a id="__proto__"/>');
    });
  });

  it('4: nil is refused where the contract does not know it, never dropped', async () => {
    const nil = reserve().replace(
      '<criteria>',
      '<tenant xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><criteria>',
    );
    const { fault } = await post(running.url, envelope(nil));
    assert.equal(fault?.errorId, '00100');
    assert.match(fault?.text ?? '', /tenant.*nil/);
  });

  it("5: answers are in the schema's order, with times, and without control characters", async () => {
    const { status, body } = await post(running.url, envelope(getReservation));
    assert.equal(status, 200);
    assert.match(body, /<startTime>2029-12-31T23:00:00\.125Z<\/startTime><endTime>/);
    assert.match(body, /<description>a &lt;b&gt; &amp; &quot;c&quot; \uFFFD d<\/description>/);
  });

  it('6: numbers, booleans, times and arrays arrive as such; a time without zone is UTC; text keeps its spaces', async () => {
    const body = reserve('<host><mac>52:54:00:AB:CD:EF</mac><ip>FD00:0::1</ip><vlan> 7 </vlan><site>s</site></host>')
      .replace('<segment>', '<schedule><endTime>2030-07-01T00:00:00</endTime></schedule><segment>')
      .replace('<criteria>', '<description>  two  </description><autoProvision>0</autoProvision><criteria>');
    assert.equal((await post(running.url, envelope(body))).status, 200);
    assert.deepEqual(running.provider.asked[0]?.request, {
      description: '  two  ',
      autoProvision: false,
      terminateOnRelease: true,
      criteria: {
        schedule: { end: new Date('2030-07-01T00:00:00Z') },
        segment: { key: 1, encapsulation: 'gre' },
        vms: [],
        externalPorts: [],
        peers: [],
        hosts: [{ mac: '52:54:00:ab:cd:ef', ip: 'fd00::1', vlan: 7, site: 's' }],
      },
    });
  });

  describe('7: faults', () => {
    it('have status 500 and an exception of ours', async () => {
      running.provider.before = async () => {
        throw new IrisError('stpUnavailable', { what: 'segment key 1 is taken', variables: { segmentKey: '1' } });
      };
      const { status, fault } = await post(running.url, envelope(commit));
      assert.equal(status, 500);
      assert.equal(fault?.faultCode, 'soap:Client');
      assert.equal(fault?.errorId, '00704');
      assert.deepEqual(fault?.variables, { segmentKey: '1' });
    });
    it('tell nothing of an error that was not meant for a requester', async () => {
      running.provider.before = async () => {
        throw new Error('password=hunter2 in query');
      };
      const { status, fault, body } = await post(running.url, envelope(commit));
      assert.equal(status, 500);
      assert.equal(fault?.faultCode, 'soap:Server');
      assert.equal(fault?.errorId, '00500');
      assert.doesNotMatch(body, /hunter2|\.js/);
    });
  });

  it('8: the content type of an answer is its own, and other methods are refused', async () => {
    const { headers } = await post(running.url, envelope(commit), {
      headers: { 'Content-Type': 'application/xml; charset="UTF-8"' },
    });
    assert.equal(headers['content-type'], 'text/xml; charset=utf-8');
    for (const method of ['PUT', 'DELETE', 'PATCH', 'GET']) {
      const answer = await post(running.url, '', { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, 'POST');
      assert.equal(answer.fault?.variables.method, method);
    }
  });

  it('9: a digest is not merely parsed: a wrong one is refused', async () => {
    const { fault } = await post(running.url, envelope(commit, security(digestToken({ digest: 'AAAA' }))));
    assert.equal(fault?.errorId, '00301');
    assert.deepEqual(running.provider.asked, []);
  });

  describe('10: names that poison', () => {
    const poison: [string, string][] = [
      ['an id in the payload', envelope(commit.replace('<connectionId>', '<connectionId id="__proto__">'))],
      ['an id on the Body', envelope(commit).replace('<soap:Body>', '<soap:Body id="__proto__">')],
      ['an id in a header', envelope(commit, '<x id="__proto__"/>')],
      ['an href in a header', envelope(commit, '<x href="#__proto__"/>')],
      ['a header named __proto__', envelope(commit, '<__proto__/>')],
      ['a header named constructor', envelope(commit, '<constructor/>')],
      ['a header named toString', envelope(commit, '<x:toString xmlns:x="urn:x"/>')],
      ['an attribute named __proto__', envelope(commit, '<x __proto__="1"/>')],
      ['a prefix named __proto__', envelope(commit, '<x xmlns:__proto__="urn:x"/>')],
      ['an operation named constructor', envelope('<rms:constructor/>')],
      ['an element named __proto__', envelope(reserve('<__proto__/>'))],
    ];
    for (const [what, message] of poison)
      it(`refuses ${what}, and serves the next`, async () => {
        const { fault } = await post(running.url, message);
        assert.equal(fault?.errorId, '00100');
        assert.match(fault?.text ?? '', /is not accepted/);
        assert.deepEqual(running.provider.asked, []);
        assert.equal((await post(running.url, envelope(commit))).status, 200);
      });
  });

  it("11: answers carry no header that echoes the request's", async () => {
    const { body } = await post(
      running.url,
      envelope(commit, `${security(digestToken())}<x:trace xmlns:x="urn:x">1</x:trace>`),
    );
    assert.doesNotMatch(body, /Header|urn:x/);
  });
});

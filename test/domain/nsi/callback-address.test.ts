/** Where callbacks may go: what is not listed is refused when it is named, and again when its name has been resolved. */
import assert from 'node:assert/strict';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import { checkCallbackAddress, isAllowedAddress } from '../../../src/domain/nsi/callback-address.js';
import { sampleSite } from '../../support/domain-samples.js';

const nsa = 'urn:ogf:network:aggregator.example:2020:nsa';
const site = (nsi: object) =>
  sampleSite({
    nsi: { nsaId: 'urn:ogf:network:osaka:2026:nsa', networkId: 'urn:ogf:network:osaka:2026:iris', ...nsi },
  });

function refusalOf(replyTo: string, nsi: object, requester = nsa): string | undefined {
  try {
    checkCallbackAddress(replyTo, requester, site(nsi));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof IrisError, String(error));
    assert.equal(error.variables.replyTo, replyTo);
    return error.kind.id;
  }
}

describe('callback addresses', () => {
  const listed = { callbacks: ['*.example.org', 'nsa.example.net:8443', '10.1.0.0/16', '[2001:db8::/32]'] };

  const judged: [string, string | undefined][] = [
    ['https://a.example.org/nsi', undefined],
    ['https://A.EXAMPLE.org/nsi', undefined],
    ['https://example.org/nsi', '00302'],
    ['https://badexample.org/nsi', '00302'],
    ['https://nsa.example.net:8443/', undefined],
    ['https://nsa.example.net/', '00302'],
    ['https://10.1.255.255/', undefined],
    ['https://[::ffff:10.1.2.3]/', undefined],
    ['https://10.2.0.1/', '00302'],
    ['https://167837697/', undefined],
    ['https://[2001:db8::1]/', undefined],
    ['https://[2001:db9::1]/', '00302'],
    ['https://127.0.0.1/', '00302'],
    ['http://10.1.0.1/', '00302'],
    ['https://user:secret@a.example.org/', '00100'],
    ['ftp://a.example.org/', '00100'],
    ['file:///etc/passwd', '00100'],
    ['a.example.org', '00100'],
    ['', '00100'],
  ];
  for (const [replyTo, id] of judged)
    it(`'${replyTo}': ${id ?? 'allowed'}`, () => {
      assert.equal(refusalOf(replyTo, listed), id);
    });

  it('are loopback only where the site file says nothing, and there plain HTTP is allowed', () => {
    for (const replyTo of ['http://127.0.0.1:9000/', 'https://[::1]/', 'http://localhost:1/'])
      assert.equal(refusalOf(replyTo, {}), undefined, replyTo);
    assert.equal(refusalOf('https://192.0.2.1/', {}), '00302');
  });

  it('are none at a site that does not speak NSI', () => {
    assert.throws(() => checkCallbackAddress('http://127.0.0.1/', nsa, sampleSite()), IrisError);
  });

  it('may be listed for one requester only', () => {
    const nsi = { requesters: [{ nsaId: nsa, tenant: 'alpha', callbacks: ['192.0.2.9'] }] };
    assert.equal(refusalOf('https://192.0.2.9/', nsi), undefined);
    assert.equal(refusalOf('https://192.0.2.9/', nsi, 'urn:ogf:network:other:2020:nsa'), '00302');
  });

  const resolved: [string, string, boolean][] = [
    ['https://a.example.org/', '198.51.100.7', true],
    ['https://a.example.org/', '127.0.0.1', false],
    ['https://a.example.org/', '::1', false],
    ['https://a.example.org/', '::ffff:127.0.0.1', false],
    ['https://a.example.org/', '169.254.169.254', false],
    ['https://a.example.org/', 'fe80::1', false],
    ['https://a.example.org/', '0.0.0.0', false],
    ['http://a.example.org/', '198.51.100.7', false],
    ['https://other.example.com/', '198.51.100.7', false],
    ['https://10.1.0.1/', '10.1.0.1', true],
    ['https://10.2.0.1/', '10.2.0.1', false],
  ];
  for (const [replyTo, address, allowed] of resolved)
    it(`${replyTo} at ${address}: ${allowed ? 'sent to' : 'not sent to'}`, () => {
      assert.equal(isAllowedAddress(new URL(replyTo), address, nsa, site(listed)), allowed);
    });

  it('a listed name may lead inside where the network is listed, too', () => {
    const inside = site({ callbacks: ['localhost', '127.0.0.0/8'] });
    assert.ok(isAllowedAddress(new URL('http://localhost:80/'), '127.0.0.1', nsa, inside));
    assert.ok(!isAllowedAddress(new URL('http://localhost:80/'), '::1', nsa, inside));
  });

  it('an entry that is no address is refused with the site file', () => {
    for (const entry of ['http://a.example.org', 'a b', '10.0.0.0/33', '10.0.0.0/8/8', 'host:0', 'host:70000', '[::1'])
      assert.throws(() => site({ callbacks: [entry] }), entry);
  });
});

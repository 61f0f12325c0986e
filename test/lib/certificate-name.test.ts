import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complainAboutName, nameOfCertificate } from '../../src/lib/certificate-name.js';
import { certificatesIn } from '../support/certificates.js';

const datapathId = '00000000000000a1';

/** Type and text of each name, as they are: openssl would cut them at commas. */
function subjectAltName(...names: [number, string][]): string[] {
  const entries = names.map(([type, text]) => Buffer.concat([Buffer.from([type, text.length]), Buffer.from(text)]));
  const bytes = Buffer.concat(entries);
  return [`subjectAltName=DER:${Buffer.concat([Buffer.from([0x30, bytes.length]), bytes]).toString('hex')}`];
}
// RFC 5280 §4.2.1.6
const [dns, uri] = [0x82, 0x86];

describe('the name of a certificate', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-names-'));
    await certificatesIn(folder).authority('ca');
  });
  after(() => rmSync(folder, { recursive: true }));

  const cases: [string, string, string[], string | undefined][] = [
    ['its common name', `/O=Open vSwitch/CN=${datapathId}`, [], datapathId],
    ['without what ovs-pki appends', `/CN=${datapathId} id:681c6f2e-d7f6-4d79-8a55-d10ad0e47744`, [], datapathId],
    ['without regard to case', '/CN=N1.Example', [], 'n1.example'],
    ['the common name, whatever the DNS name says', '/CN=n1', ['subjectAltName=DNS:n2'], 'n1'],
    ['its DNS name where it has no common name', '/O=x', ['subjectAltName=IP:10.0.0.1,DNS:n1.example'], 'n1.example'],
    ['none if it has two common names', '/CN=n1/CN=n2', [], undefined],
    ['none if it has two DNS names and no common name', '/O=x', ['subjectAltName=DNS:n1,DNS:n2'], undefined],
    ['none if it names nobody', '/O=x', [], undefined],
    ['none if its DNS name holds another', '/O=x', subjectAltName([dns, 'a, DNS:n1']), undefined],
    ['none if one of two DNS names holds another', '/O=x', subjectAltName([dns, 'a, DNS:b'], [dns, 'n1']), undefined],
    ['none if a URI holds a DNS name', '/O=x', subjectAltName([uri, 'x:", DNS:n1']), undefined],
    ['its DNS name, whatever a URI holds', '/O=x', subjectAltName([uri, 'x:", DNS:n2'], [dns, 'n1']), 'n1'],
  ];
  for (const [index, [title, subject, extensions, expected]] of cases.entries())
    it(`is ${title}`, async () => {
      await certificatesIn(folder).plainCertificate(`c${index}`, subject, 'ca', extensions);
      const certificate = new X509Certificate(readFileSync(join(folder, `c${index}.pem`)));
      assert.equal(nameOfCertificate(certificate), expected);
      assert.equal(
        complainAboutName(certificate, (expected ?? 'n1').toUpperCase()) === undefined,
        expected !== undefined,
      );
      assert.match(complainAboutName(certificate, 'n9')!, /^its certificate is of .*, not of 'n9'$/);
    });
});

/** Certificates that nobody can use or believe are told before anything is started, all at once, by the names that the site file gives them. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { checkCertificateFiles, lookAtCertificate } from '../../src/daemon/certificate-files.js';
import { localCommands } from '../../src/daemon/composition.js';
import { type Site, siteFileSchema } from '../../src/domain/site/site-file.js';
import { systemClock } from '../../src/lib/clock.js';
import { ConfigError } from '../../src/lib/yaml-config.js';
import { certificatesIn } from '../support/certificates.js';
import { sampleSite } from '../support/domain-samples.js';

describe('certificates of a site file', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-certificate-files-'));
    const { authority, plainCertificate, expiredCertificate } = certificatesIn(folder);
    await authority('ca');
    await plainCertificate('iris', '/O=Site/CN=iris', 'ca');
    await expiredCertificate('over', '/CN=iris', 'ca');
  });
  after(() => rmSync(folder, { recursive: true }));

  const ssl = (name: string, caCert = 'ca.pem') => ({
    privateKey: file(`${name}.key`),
    certificate: file(`${name}.pem`),
    caCert: file(caCert),
  });
  const siteWith = (changes: object): Site => siteFileSchema.parse({ ...sampleSite(), ...changes });

  function complaints(changes: object): string[] {
    try {
      checkCertificateFiles(siteWith(changes), 'site.yaml', systemClock);
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^site\.yaml:/);
      return error.problems.map(({ path, reason }) => `${path}: ${reason.replaceAll(`${folder}/`, '')}`);
    }
  }

  it('are no matter where there are none, and none where they are right', () => {
    assert.deepEqual(complaints({}), []);
    assert.deepEqual(
      complaints({ ssl: ssl('iris'), listen: { tls: { cert: file('iris.pem'), key: file('iris.key') } } }),
      [],
    );
  });

  it('are named when they are missing, belong to another, or are over', () => {
    const tls = { cert: file('iris.pem'), key: file('over.key'), clientCa: file('nowhere.pem') };
    const found = complaints({ ssl: ssl('over', 'nowhere.pem'), listen: { tls } });
    assert.match(found.join('\n'), /^ssl\.caCert: nowhere\.pem: cannot be read: ENOENT.*$/m);
    assert.match(found.join('\n'), /^ssl\.certificate: over\.pem: it is valid from .* to .*$/m);
    assert.match(
      found.join('\n'),
      /^listen\.tls\.key: over\.key: is not the private key of the certificate in iris\.pem$/m,
    );
    assert.match(found.join('\n'), /^listen\.tls\.clientCa: nowhere\.pem: cannot be read/m);
    assert.equal(found.length, 4);
  });

  it('of the web service may be over: it answers those who do not mind', () => {
    assert.deepEqual(complaints({ listen: { tls: { cert: file('over.pem'), key: file('over.key') } } }), []);
  });

  it('keep `iris serve` from beginning anything', async () => {
    const siteFile = file('site.yaml');
    writeFileSync(siteFile, stringify({ ...sampleSite(), ssl: ssl('over'), stateDirectory: file('state') }));
    const { signal } = new AbortController();
    const serving = localCommands.serve({ config: siteFile, migrate: true }, { say: () => {}, signal });
    await assert.rejects(serving, { name: 'ConfigError', message: /ssl\.certificate: .*over\.pem/ });
    assert.equal(existsSync(file('state')), false);
  });

  it('are shown to doctor, with whose they are and until when', () => {
    const seen = lookAtCertificate(ssl('iris'), systemClock);
    assert.deepEqual([seen.problems, seen.subject], [[], 'O=Site, CN=iris']);
    assert.ok(seen.until! > new Date());
    assert.equal(lookAtCertificate(ssl('over', 'nowhere.pem'), systemClock).problems.length, 2);
  });
});

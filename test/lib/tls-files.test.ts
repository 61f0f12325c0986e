/** Certificates in files: what is wrong with them is said, and new ones are taken up while old connections go on. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, silentLog } from '../../src/lib/log.js';
import { followTlsFiles, judgeTlsFiles, type TlsFiles } from '../../src/lib/tls-files.js';
import { certificatesIn } from '../support/certificates.js';

describe('certificates in files', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const good = (): TlsFiles => ({ key: file('one.key'), cert: file('one.pem'), ca: file('ca.pem') });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-tls-files-'));
    const { authority, plainCertificate, expiredCertificate } = certificatesIn(folder);
    await authority('ca');
    await plainCertificate('one', '/CN=one', 'ca');
    await plainCertificate('two', '/CN=two', 'ca');
    await expiredCertificate('over', '/CN=over', 'ca');
    writeFileSync(file('empty.pem'), 'nothing\n');
    // As openssl and ovs-pki write them, with the certificate in words before it.
    writeFileSync(file('chain.pem'), `Certificate:\n${readFileSync(file('one.pem'))}${readFileSync(file('ca.pem'))}`);
  });
  after(() => rmSync(folder, { recursive: true }));

  const complaints = (files: TlsFiles, now = new Date()): string[] =>
    judgeTlsFiles({ ...good(), ...files }, now).problems.map(({ of, kind, reason }) => `${of} ${kind} ${reason}`);

  it('that are as they should be have nothing wrong with them', () => {
    const { problems, material, certificate } = judgeTlsFiles(good(), new Date());
    assert.deepEqual(problems, []);
    assert.equal(material.key, readFileSync(file('one.key'), 'utf8'));
    assert.equal(certificate?.subject, 'CN=one');
    assert.deepEqual(complaints({ cert: file('chain.pem') }), []);
  });

  it('say what is wrong, and where', () => {
    const cases: [TlsFiles, RegExp[]][] = [
      [{ key: file('nowhere.key') }, [/^key unusable .*nowhere\.key: cannot be read: ENOENT/]],
      [{ key: file('one.pem') }, [/^key unusable .*one\.pem: holds no private key/]],
      [{ key: file('two.key') }, [/^key unusable .*two\.key: is not the private key of the certificate in .*one\.pem/]],
      [{ cert: file('empty.pem') }, [/^cert unusable .*empty\.pem: holds no certificate/]],
      [{ ca: file('empty.pem') }, [/^ca unusable .*empty\.pem: holds no certificate/]],
      [
        { key: file('over.key'), cert: file('over.pem') },
        [/^cert outOfDate .*over\.pem: it is valid from .* to .* GMT/],
      ],
      [{ key: file('nowhere.key'), ca: file('nowhere.pem') }, [/^key unusable/, /^ca unusable/]],
    ];
    for (const [files, expected] of cases) {
      const found = complaints(files);
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern);
    }
  });

  it('that have become too old, certificate and authority, are said to be', () => {
    const inAWeek = new Date(Date.now() + 7 * 86_400_000);
    assert.deepEqual(
      complaints({}, inAWeek).map((text) => text.split(' ', 2).join(' ')),
      ['cert outOfDate', 'ca outOfDate'],
    );
  });

  it('are read again after ten seconds, and taken up only when key and certificate belong together', () => {
    let nowMs = Date.now();
    const own = { key: file('own.key'), cert: file('own.pem'), ca: file('ca.pem') };
    const put = (key: string, cert: string): void => {
      copyFileSync(file(`${key}.key`), own.key);
      copyFileSync(file(`${cert}.pem`), own.cert);
    };
    put('one', 'one');
    const read = followTlsFiles(own, { log: silentLog, what: 'test', clock: { now: () => new Date(nowMs) } });
    const first = read();
    assert.equal(first.cert, readFileSync(file('one.pem'), 'utf8'));
    put('two', 'two');
    assert.equal(read(), first);
    put('one', 'two');
    nowMs += 10_001;
    assert.equal(read(), first);
    rmSync(own.key);
    nowMs += 10_001;
    assert.equal(read(), first);
    put('two', 'two');
    nowMs += 10_001;
    assert.equal(read().cert, readFileSync(file('two.pem'), 'utf8'));
    nowMs += 10_001;
    assert.equal(read(), read());
  });

  it('that are over are not taken up as long as those before them are not', () => {
    let nowMs = Date.now();
    const own = { key: file('next.key'), cert: file('next.pem'), ca: file('ca.pem') };
    const put = (name: string): void => {
      copyFileSync(file(`${name}.key`), own.key);
      copyFileSync(file(`${name}.pem`), own.cert);
    };
    const warned: unknown[] = [];
    const log: Log = Object.assign(Object.create(silentLog), { warn: (about: unknown) => void warned.push(about) });
    const read = followTlsFiles(own, { log, what: 'test', clock: { now: () => new Date(nowMs) } });
    put('one');
    const first = read();
    put('over');
    nowMs += 10_001;
    assert.equal(read(), first);
    assert.match(JSON.stringify(warned), /next\.pem: it is valid from/);
    put('two');
    nowMs += 10_001;
    assert.equal(read().cert, readFileSync(file('two.pem'), 'utf8'));
    put('over');
    nowMs += 7 * 86_400_000;
    assert.equal(read().cert, readFileSync(file('over.pem'), 'utf8'), 'those before are over as well');
  });

  it('that have never held anything of use are an error, again at every look', () => {
    const read = followTlsFiles({ ...good(), key: file('two.key') }, { log: silentLog, what: 'test' });
    for (let look = 0; look < 2; look += 1) assert.throws(read, /is not the private key of the certificate/);
  });
});

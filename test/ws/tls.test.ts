import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { createRmsClient, type RmsClient, type RmsClientOptions } from '../../src/client/rms-client.js';
import { canonicalSubject } from '../../src/lib/certificate-subject.js';
import { certificatesIn } from '../support/certificates.js';
import { type RunningService, startService } from './support/running-service.js';

describe('TLS and client certificates', () => {
  let folder: string;
  let running: RunningService;
  let aheadMs = 0;
  const clients: RmsClient[] = [];
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-tls-'));
    const { authority, serverCertificate, clientCertificate } = certificatesIn(folder);
    await authority('ca');
    await authority('other-ca');
    await serverCertificate('server', '/CN=tokyo', 'ca');
    await clientCertificate('blue', '/C=JP/O=Blue Cloud/CN=coordinator', 'ca');
    await clientCertificate('stranger', '/CN=stranger', 'ca');
    await clientCertificate('forged', '/C=JP/O=Blue Cloud/CN=coordinator', 'other-ca');
    await serverCertificate('server2', '/CN=tokyo renewed', 'ca');
    running = await startService({
      clock: { now: () => new Date(Date.now() + aheadMs) },
      siteChanges: {
        listen: {
          soap: '127.0.0.1:0',
          tls: { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') },
        },
        clientCertificates: [{ subject: 'CN=coordinator, O=Blue Cloud, C=JP', tenant: 'blue' }],
      },
    });
  });
  after(async () => {
    for (const client of clients) client.close();
    await running.service.stop();
    rmSync(folder, { recursive: true });
  });

  const connect = (options: Partial<RmsClientOptions>): RmsClient => {
    const client = createRmsClient({ url: running.url, ca: readFileSync(file('ca.pem')), ...options });
    clients.push(client);
    return client;
  };
  const withCertificate = (name: string) =>
    connect({ cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) });

  it('a certificate that the site file names is its tenant', async () => {
    await withCertificate('blue').getSite({});
    assert.deepEqual(running.provider.asked.at(-1)?.context.requester, {
      subject: 'CN=coordinator,O=Blue Cloud,C=JP',
      role: 'tenant',
      tenant: 'blue',
    });
  });

  it('a certificate that the site file does not name is refused', async () => {
    await assert.rejects(withCertificate('stranger').getSite({}), {
      name: 'RmsFault',
      errorId: '00301',
      variables: { subject: 'CN=stranger' },
    });
  });

  it('a certificate of the right name from another authority is refused', async () => {
    await assert.rejects(withCertificate('forged').getSite({}), { name: 'RmsFault', errorId: '00301' });
  });

  it('a user name works over TLS without a certificate', async () => {
    await connect({ user: 'alice', password: 'wonderland' }).getSite({});
    assert.equal(running.provider.asked.at(-1)?.context.requester.subject, 'alice');
  });

  it('the client does not talk to a service whose certificate it cannot check', async () => {
    await assert.rejects(connect({ ca: readFileSync(file('other-ca.pem')) }).getSite({}), {
      name: 'RmsConnectionError',
    });
  });

  it('a renewed certificate is shown to the next client, without a restart', async () => {
    const subjectShown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(running.url);
        const socket = connectTls({ host: hostname, port: Number(port), ca: readFileSync(file('ca.pem')) }, () => {
          resolve(socket.getPeerX509Certificate()!.subject);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    assert.equal(await subjectShown(), 'CN=tokyo');
    for (const end of ['pem', 'key']) copyFileSync(file(`server2.${end}`), file(`server.${end}`));
    aheadMs += 10_001;
    assert.equal(await subjectShown(), 'CN=tokyo renewed');
  });

  it('ends at once though somebody is silent', async () => {
    const tls = { cert: file('server.pem'), key: file('server.key') };
    const other = await startService({ siteChanges: { listen: { soap: '127.0.0.1:0', tls } } });
    const { hostname, port } = new URL(other.url);
    const silent = connectTcp(Number(port), hostname);
    silent.on('error', () => {});
    await once(silent, 'connect');
    // The service has taken it by the time it has taken one that comes later.
    await assert.rejects(once(connectTls({ host: hostname, port: Number(port) }), 'secureConnect'));
    await other.service.stop();
    silent.destroy();
  });

  it('subjects are compared without the spaces after commas, but with those in values', () => {
    assert.equal(canonicalSubject(' CN=a\\, b,  O=c d'), 'CN=a\\, b,O=c d');
  });
});

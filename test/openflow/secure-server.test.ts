import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, createServer, type Server } from 'node:tls';
import { createSecureServer } from '../../src/openflow/secure-server.js';
import { certificatesIn } from '../support/certificates.js';

describe('a server of switches over TLS', () => {
  let folder: string;
  const servers: Server[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-secure-server-'));
    await certificatesIn(folder).authority('ca');
    await certificatesIn(folder).plainCertificate('own', '/CN=own', 'ca');
  });
  after(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** Of all servers of this test: a session that one of them has begun can be resumed at the others. */
  const ticketKeys = randomBytes(48);

  async function portOf(server: Server): Promise<number> {
    servers.push(server);
    server.setTicketKeys(ticketKeys);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('refuses whoever resumes a session in which no certificate was shown', async () => {
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const material = { key: read('own.key'), cert: read('own.pem'), ca: read('ca.pem') };
    let accepted = 0;
    const refused: string[] = [];
    const { server } = createSecureServer(
      {
        material: () => material,
        handshakeMs: 10_000,
        connections: 10,
        refused: (_peer, reason) => refused.push(reason),
      },
      (socket) => {
        accepted += 1;
        socket.destroy();
      },
    );
    const lenient = createServer({ ...material, requestCert: true, rejectUnauthorized: false });
    const options: ConnectionOptions = {
      host: '127.0.0.1',
      ca: material.ca,
      minVersion: 'TLSv1.3',
      checkServerIdentity: () => undefined,
    };
    const first = connect({ ...options, port: await portOf(lenient) }).resume();
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    const resumed = connect({ ...options, port: await portOf(server as Server), session }).resume();
    resumed.on('error', () => {});
    let isResumed = false;
    resumed.on('secureConnect', () => (isResumed = resumed.isSessionReused()));
    await once(resumed, 'close');
    assert.ok(isResumed);
    assert.deepEqual({ accepted, refused }, { accepted: 0, refused: ['shows no certificate'] });
  });
});

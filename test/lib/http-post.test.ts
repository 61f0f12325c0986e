/** One POST over TLS with a client certificate, and to addresses that are not allowed. What servers do wrong is in the tests of delivery. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createPoster, type Poster } from '../../src/lib/http-post.js';
import { runCommand } from '../../src/lib/run-command.js';
import type { TlsMaterial } from '../../src/lib/tls-files.js';

describe('a POST', () => {
  let folder: string;
  let server: Server;
  let poster: Poster;
  let identity: TlsMaterial = {};
  const connections = new Set<unknown>();
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  const selfSigned = (name: string) =>
    runCommand(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'],
        ...['-keyout', `${name}.key`, '-out', `${name}.pem`],
      ],
      { cwd: folder },
    );

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-post-'));
    await Promise.all(['server', 'iris', 'renewed'].map(selfSigned));
    server = createServer(
      { cert: read('server.pem'), key: read('server.key'), requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        connections.add(request.socket);
        request.resume();
        request.on('end', () =>
          response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody'),
        );
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    poster = createPoster({ perHost: 2, mostBytes: 1000, tls: () => identity });
  });
  after(() => {
    poster.close();
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const post = (isAllowed: (address: string) => boolean = () => true, host = 'localhost') =>
    poster.post({
      url: new URL(`https://${host}:${(server.address() as AddressInfo).port}/`),
      headers: {},
      body: 'a message',
      signal: AbortSignal.timeout(30_000),
      isAllowed,
    });

  it('shows our certificate, over one connection, and a renewed one without a restart', async () => {
    identity = { cert: read('iris.pem'), key: read('iris.key'), ca: read('server.pem') };
    assert.deepEqual(await post(), { status: 200, body: 'iris' });
    assert.deepEqual(await post(), { status: 200, body: 'iris' });
    assert.equal(connections.size, 1);
    identity = { ...identity, cert: read('renewed.pem'), key: read('renewed.key') };
    assert.deepEqual(await post(), { status: 200, body: 'renewed' });
  });

  it('trusts no host of another authority', async () => {
    identity = { ca: read('iris.pem') };
    await assert.rejects(post(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('connects to no address that is not allowed, whether named or resolved', async () => {
    const before = connections.size;
    const asked: string[] = [];
    const refuse = (address: string): boolean => {
      asked.push(address);
      return false;
    };
    identity = { ca: read('server.pem') };
    await assert.rejects(post(refuse), /may be sent to/);
    await assert.rejects(post(refuse, '127.0.0.1'), /may be sent to/);
    assert.ok(asked.includes('127.0.0.1'));
    assert.equal(connections.size, before);
  });

  it('uses no connection again that leads where this one must not go', async () => {
    identity = { ca: read('server.pem') };
    await post();
    await assert.rejects(
      post(() => false),
      /127\.0\.0\.1 is not an address that may be sent to/,
    );
    assert.equal((await post()).status, 200);
  });
});

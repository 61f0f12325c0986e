/** A node's database over TLS: whom we believe, what we show, and that a renewed certificate is shown from the next connection on. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import type { PeerTrust } from '../../../src/drivers/network/ovs/node-trust.js';
import { createOvsdbClient, type OvsdbClient } from '../../../src/drivers/network/ovs/ovsdb-client.js';
import { silentLog } from '../../../src/lib/log.js';
import { followTlsFiles } from '../../../src/lib/tls-files.js';
import { certificatesIn } from '../../support/certificates.js';
import { until } from './ovs-world.js';

const datapathId = '00000000000000a1';

describe('OVSDB over TLS', () => {
  let folder: string;
  const servers: Server[] = [];
  const clients: OvsdbClient[] = [];
  const file = (name: string): string => join(folder, name);
  const pem = (name: string): { key: Buffer; cert: Buffer } => ({
    key: readFileSync(file(`${name}.key`)),
    cert: readFileSync(file(`${name}.pem`)),
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-ovsdb-tls-'));
    const { authority, plainCertificate, expiredCertificate } = certificatesIn(folder);
    // As ovs-pki has it: one authority for controllers, one for switches.
    for (const name of ['controllerca', 'switchca']) await authority(name);
    await plainCertificate('iris', '/CN=iris id:1', 'controllerca');
    await plainCertificate('iris2', '/CN=iris id:2', 'controllerca');
    await plainCertificate('node', `/CN=${datapathId} id:1`, 'switchca');
    await plainCertificate('other', '/CN=00000000000000a2', 'switchca');
    await plainCertificate('forged', `/CN=${datapathId}`, 'controllerca');
    await expiredCertificate('over', `/CN=${datapathId}`, 'switchca');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    for (const server of servers.splice(0)) server.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  const portOf = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  };

  /** Lets in whom controllerca has signed, and has an empty database. */
  async function serve(certificate: string) {
    const shown: string[] = [];
    const sockets: TLSSocket[] = [];
    const told: string[] = [];
    let ended = 0;
    const options = { ...pem(certificate), ca: readFileSync(file('controllerca.pem')), requestCert: true };
    const server = createServer({ ...options, rejectUnauthorized: true }, (socket) => {
      shown.push(socket.getPeerX509Certificate()!.subject);
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        told.push(String(chunk));
        const { id } = JSON.parse(String(chunk)) as { id: number };
        socket.write(JSON.stringify({ id, result: {}, error: null }));
      });
    });
    // Of handshakes too that did not succeed: below TLS.
    server.on('connection', (socket: Socket) => socket.on('close', () => (ended += 1)));
    return { port: await portOf(server), shown, sockets, told, ended: () => ended };
  }

  const trustOf = (own: string): PeerTrust => ({
    name: datapathId,
    material: followTlsFiles(
      { key: file(`${own}.key`), cert: file(`${own}.pem`), ca: file('switchca.pem') },
      { log: silentLog, what: 'test' },
    ),
  });

  function connect(port: number, trust: PeerTrust | undefined = trustOf('iris')): OvsdbClient {
    const endpoint = `ssl:127.0.0.1:${port}`;
    const client = createOvsdbClient({ node: 'n1', endpoint, trust, log: silentLog, onChange: () => {} });
    clients.push(client);
    return client;
  }

  const complaint = (client: OvsdbClient): Promise<string> => until('a complaint', () => client.whyDown());

  it('connects to the node that its certificate names, shows its own, and comes back with a renewed one', async () => {
    for (const end of ['key', 'pem']) copyFileSync(file(`iris.${end}`), file(`own.${end}`));
    let nowMs = Date.now();
    const files = { key: file('own.key'), cert: file('own.pem'), ca: file('switchca.pem') };
    const clock = { now: () => new Date(nowMs) };
    const material = followTlsFiles(files, { log: silentLog, what: 'test', clock });
    const { port, shown, sockets } = await serve('node');
    const client = connect(port, { name: datapathId, material });
    await until('the database', () => client.isUp() || undefined);
    assert.deepEqual(shown, ['CN=iris id:1']);

    for (const end of ['key', 'pem']) copyFileSync(file(`iris2.${end}`), file(`own.${end}`));
    nowMs += 10_001;
    sockets[0]!.destroy();
    await until('the connection after it', () => (shown.length === 2 && client.isUp()) || undefined);
    assert.deepEqual(shown.at(-1), 'CN=iris id:2');
    assert.equal(client.whyDown(), undefined);
  });

  const refused: [string, string, RegExp][] = [
    ["another node's certificate", 'other', /its certificate is of '00000000000000a2', not of '00000000000000a1'/],
    ['a certificate of a foreign authority', 'forged', /unable to verify|certificate/],
    ['a certificate that is over', 'over', /expired/],
  ];
  for (const [what, certificate, why] of refused)
    it(`does not believe ${what}, says so, and has sent it nothing`, async () => {
      const { port, told, ended } = await serve(certificate);
      const client = connect(port);
      assert.match(await complaint(client), why);
      assert.equal(client.isUp(), false);
      await until('its end', () => ended() > 0 || undefined);
      assert.deepEqual(told, []);
      await assert.rejects(client.transact([]), { errorClass: 'transient', message: why });
    });

  it('says that the node refuses our certificate', async () => {
    const { port } = await serve('node');
    assert.match(
      await complaint(connect(port, trustOf('other'))),
      /refuses our certificate|closed the connection|ECONNRESET/,
    );
  });

  it('says that no TLS is spoken there', async () => {
    const port = await portOf(createPlainServer((socket) => socket.on('error', () => {}).end('{"method":"echo"}')));
    assert.match(await complaint(connect(port)), /does not speak TLS/);
  });

  it('says what is wrong with our own files, and begins when they are mended', async () => {
    copyFileSync(file('iris.key'), file('late.key'));
    copyFileSync(file('iris2.pem'), file('late.pem'));
    const { port } = await serve('node');
    const client = connect(port, trustOf('late'));
    assert.match(await complaint(client), /late\.key: is not the private key of the certificate/);
    copyFileSync(file('iris.pem'), file('late.pem'));
    await until('the database', () => client.isUp() || undefined);
  });
});

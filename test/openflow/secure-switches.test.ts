/** Switches over TLS: each is believed to be the one that its certificate names, and nobody else gets as far as OpenFlow. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { complainAboutName } from '../../src/lib/certificate-name.js';
import { createRemoteLog, type Log, silentLog } from '../../src/lib/log.js';
import { followTlsFiles } from '../../src/lib/tls-files.js';
import { type Controller, createController } from '../../src/openflow/controller.js';
import type { ControllerLimits } from '../../src/openflow/limits.js';
import type { ListenAddress } from '../../src/openflow/listen-address.js';
import { certificatesIn } from '../support/certificates.js';
import { connectFakeSwitch, type FakeSwitch, type FakeSwitchOptions } from './fake-switch.js';
import { recordEvents } from './recorded-events.js';
import { until } from './until.js';

const anyPort: ListenAddress = { kind: 'ssl', host: '127.0.0.1', port: 0 };
const [idOne, idTwo] = ['0000000000000001', '0000000000000002'];

describe('a controller and switches over TLS', () => {
  let folder: string;
  let controller: Controller;
  let seen: ReturnType<typeof recordEvents>;
  let nowMs = Date.now();
  const fakes: FakeSwitch[] = [];
  const sockets: Socket[] = [];
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-secure-'));
    const { authority, plainCertificate, expiredCertificate } = certificatesIn(folder);
    for (const name of ['controllerca', 'switchca', 'foreignca']) await authority(name);
    await plainCertificate('iris1', '/CN=iris id:1', 'controllerca');
    await plainCertificate('iris2', '/CN=iris id:2', 'controllerca');
    await plainCertificate('one', `/O=Open vSwitch/CN=${idOne} id:7`, 'switchca');
    await plainCertificate('two', `/O=Open vSwitch/CN=${idTwo}`, 'switchca');
    await plainCertificate('forged', `/O=Open vSwitch/CN=${idOne}`, 'foreignca');
    await expiredCertificate('over', `/O=Open vSwitch/CN=${idOne}`, 'switchca');
  });
  after(() => rmSync(folder, { recursive: true }));

  const renew = (name: string): void => {
    for (const end of ['key', 'pem']) copyFileSync(file(`${name}.${end}`), file(`own.${end}`));
  };

  async function start(
    limits: Partial<ControllerLimits> = {},
    listen: ListenAddress[] = [anyPort],
    log: Log = silentLog,
  ): Promise<void> {
    renew('iris1');
    seen = recordEvents();
    const files = { key: file('own.key'), cert: file('own.pem'), ca: file('switchca.pem') };
    const material = followTlsFiles(files, { log: silentLog, what: 'test', clock: { now: () => new Date(nowMs) } });
    controller = createController({
      listen,
      limits,
      log,
      events: seen.events,
      trust: {
        material,
        isOurs: (datapathId) => datapathId === idOne || datapathId === idTwo,
        objection: (datapathId, certificate) =>
          certificate === undefined ? 'came without TLS' : complainAboutName(certificate, datapathId),
      },
    });
    await controller.start();
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await controller.stop();
    await Promise.all(fakes.splice(0).map((fake) => fake.close()));
  });

  const shown = (name: string): ConnectionOptions => ({
    key: readFileSync(file(`${name}.key`)),
    cert: readFileSync(file(`${name}.pem`)),
    ca: readFileSync(file('controllerca.pem')),
    checkServerIdentity: () => undefined,
  });

  async function comeAs(name: string, options: Partial<FakeSwitchOptions> = {}): Promise<FakeSwitch> {
    const fake = await connectFakeSwitch({ address: controller.addresses()[0]!, tls: shown(name), ...options });
    fakes.push(fake);
    return fake;
  }

  const portOf = (): number => {
    const [address] = controller.addresses();
    assert.ok(address?.kind === 'ssl');
    return address.port;
  };

  const isUp = (datapathId: string): boolean => controller.session(datapathId) !== undefined;

  it('serves a switch that shows the certificate of its datapath id', async () => {
    await start();
    const fake = await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
    await controller.session(idOne)!.barrier();
    assert.ok((fake.socket as TLSSocket).encrypted);
    assert.deepEqual([...controller.session(idOne)!.ports.keys()], [1, 2]);
    assert.equal(controller.impostors(idOne), 0);
  });

  it("refuses one that claims another's datapath id, counts it, says whose it is, and goes on serving the other", async () => {
    await start();
    await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
    const own = controller.session(idOne)!;
    const impostor = await comeAs('two');
    await until(() => impostor.closed, 'the impostor is closed');
    assert.equal(controller.impostors(idOne), 1);
    assert.equal(controller.impostors(idTwo), 0);
    assert.equal(controller.session(idOne), own);
    await own.barrier();
    assert.deepEqual([seen.ups.length, seen.downs.length], [1, 0]);
    // It was not even asked for its ports.
    assert.ok(impostor.received.every(({ type }) => type === 'hello' || type === 'features_request'));
  });

  it('counts impostors of its own switches only, and all others together', async () => {
    await start({ connections: 2 });
    for (const datapathId of [7n, 8n, 9n, 1n]) {
      const impostor = await comeAs('two', { datapathId });
      await until(() => impostor.closed, 'the impostor is closed');
    }
    assert.equal(controller.impostors(idOne), 1);
    assert.equal(controller.impostors('0000000000000007'), 0);
    assert.equal(controller.counters.turnedAway, 3);
  });

  it('tells once of who comes again and again as no switch of ours, and each time of an impostor of ours', async () => {
    const told: { reason: string; msg: string }[] = [];
    const log = createRemoteLog({ bindings: {}, level: 'warn' }, (line) => told.push(JSON.parse(line)));
    await start({}, [anyPort], log);
    for (const datapathId of [7n, 7n, 7n, 1n, 1n]) {
      const impostor = await comeAs('two', { datapathId });
      await until(() => impostor.closed, 'the impostor is closed');
    }
    assert.equal(controller.counters.turnedAway, 3);
    assert.deepEqual(
      told.map(({ msg }) => msg),
      ['connection turned away', 'connection refused', 'connection refused'],
    );
    assert.match(told[0]!.reason, /'0000000000000002', not of '0000000000000007'/);
  });

  it('takes an impostor that comes first for none, and the switch itself when it comes', async () => {
    await start();
    const impostor = await comeAs('two');
    await until(() => impostor.closed, 'the impostor is closed');
    await comeAs('one');
    await comeAs('two', { datapathId: 2n });
    await until(() => isUp(idOne) && isUp(idTwo), 'both switches are up');
  });

  const unbelieved: [string, string][] = [
    ['of a foreign authority', 'forged'],
    ['that is over', 'over'],
  ];
  for (const [what, name] of unbelieved)
    it(`refuses a certificate ${what} before a word of OpenFlow`, async () => {
      await start();
      const fake = await comeAs(name);
      await until(() => fake.closed, 'it is closed');
      assert.deepEqual(fake.received, []);
      assert.equal(controller.counters.turnedAway, 1);
      assert.equal(isUp(idOne), false);
    });

  it('refuses whoever shows no certificate', async () => {
    await start();
    const { ca, checkServerIdentity } = shown('one');
    const fake = await comeAs('one', { tls: { ca: ca!, checkServerIdentity: checkServerIdentity! } });
    await until(() => fake.closed, 'it is closed');
    assert.deepEqual(fake.received, []);
    assert.equal(controller.counters.turnedAway, 1);
  });

  it('refuses whoever speaks no TLS, and serves the next', async () => {
    await start();
    const { host, port } = { host: '127.0.0.1', port: portOf() };
    const plain = await connectFakeSwitch({ address: { kind: 'tcp', host, port } });
    fakes.push(plain);
    await until(() => plain.closed, 'the plain connection is closed');
    assert.equal(controller.counters.turnedAway, 1);
    await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
  });

  it('does not wait for ever for a handshake', async () => {
    await start({ handshakeMs: 300 });
    const silent = connect(portOf(), '127.0.0.1');
    sockets.push(silent);
    let ended = false;
    silent.on('close', () => {
      ended = true;
    });
    silent.on('error', () => {});
    silent.resume();
    await until(() => ended, 'the silent connection is closed');
    assert.equal(controller.counters.turnedAway, 1);
  });

  it('lets others in while somebody is silent', async () => {
    await start();
    const silent = connect(portOf(), '127.0.0.1');
    sockets.push(silent);
    await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
    assert.equal(silent.destroyed, false);
  });

  it('ends at once though somebody is silent', async () => {
    await start({ handshakeMs: 600_000 });
    const silent = connect(portOf(), '127.0.0.1');
    sockets.push(silent);
    silent.on('error', () => {});
    await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
    await controller.stop();
  });

  it('believes nobody without TLS to be a switch that is to come with it', async () => {
    await start({}, [{ kind: 'tcp', host: '127.0.0.1', port: 0 }]);
    const fake = await connectFakeSwitch({ address: controller.addresses()[0]! });
    fakes.push(fake);
    await until(() => fake.closed, 'it is closed');
    assert.equal(controller.impostors(idOne), 1);
  });

  it('shows a renewed certificate to the next that comes; who is there stays', async () => {
    await start();
    const fake = await comeAs('one');
    await until(() => isUp(idOne), 'the switch is up');
    const session = controller.session(idOne)!;
    renew('iris2');
    nowMs += 10_001;
    const second = await comeAs('two', { datapathId: 2n });
    await until(() => isUp(idTwo), 'the other switch is up');
    const subjectOf = ({ socket }: FakeSwitch) => (socket as TLSSocket).getPeerX509Certificate()!.subject;
    assert.deepEqual([subjectOf(fake), subjectOf(second)], ['CN=iris id:1', 'CN=iris id:2']);
    await session.barrier();
    assert.equal(controller.session(idOne), session);
  });

  it('survives what is no handshake: half of one, bytes of all kinds, and an end in the middle', async () => {
    await start();
    // A ClientHello that says it has 200 bytes.
    const half = Buffer.from('16030100c8010000c40303', 'hex');
    for (const bytes of [
      half,
      Buffer.alloc(70_000, 0x16),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x16]),
    ]) {
      const socket = connect(portOf(), '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      socket.end(bytes);
      socket.resume();
      await until(() => socket.destroyed, 'it is closed');
    }
    await comeAs('two', { datapathId: 2n });
    await until(() => isUp(idTwo), 'the switch is up');
  });

  it('says where TLS is asked for and there is nothing to show', async () => {
    controller = createController({ listen: [anyPort], log: silentLog, events: recordEvents().events });
    await assert.rejects(controller.start(), /TLS needs a private key, a certificate and a CA certificate/);
  });
});

/** Real Open vSwitch over TLS, as `ovs-vsctl set-ssl`, `set-manager pssl:` and Iris's `ssl:` controller rows have it. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkDriver, NetworkStatus } from '../../../src/domain/ports/network-driver.js';
import { type Site, siteFileSchema } from '../../../src/domain/site/site-file.js';
import { followSiteTls, toPeerTrust } from '../../../src/drivers/network/ovs/node-trust.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { lookAtOpenVswitch } from '../../../src/drivers/network/ovs/switch-sight.js';
import { createLog, silentLog } from '../../../src/lib/log.js';
import { certificatesIn } from '../../support/certificates.js';
import { type DelayingRelay, freePort, startDelayingRelay, startForwarder } from './delaying-relay.js';
import { createOvsWorld, type Machine, type OvsWorld, until } from './ovs-world.js';
import { testInstance } from './sites.js';

const datapathId = '00000000000000e1';
const otherId = '00000000000000e2';
const ovsdbPort = 6640;

describe('real Open vSwitch over TLS', function () {
  this.timeout(400_000);
  let folder: string;
  let world: OvsWorld;
  let machine: Machine;
  let stranger: Machine;
  let site: Site;
  let driver: NetworkDriver | undefined;
  let nowMs = Date.now();
  const relays: DelayingRelay[] = [];
  const forwarders: ChildProcess[] = [];
  const file = (...name: string[]): string => join(folder, ...name);

  /** Its switch reaches our port on its own loopback. */
  async function leadToController(from: Machine, port: number): Promise<void> {
    const path = `${from.directory}/out.ctl`;
    relays.push(await startDelayingRelay(path, { host: '127.0.0.1', port }, { delayMs: 0, irisConnects: false }));
    forwarders.push(await startForwarder(from.namespace, port, path));
  }

  /** The port of ours that leads to its database's. */
  async function leadToDatabase(to: Machine): Promise<number> {
    const [port, path] = [await freePort(), `${to.directory}/in.db`];
    forwarders.push(await startForwarder(to.namespace, path, ovsdbPort));
    relays.push(await startDelayingRelay({ port, host: '127.0.0.1' }, { path }, { delayMs: 0, irisConnects: true }));
    return port;
  }

  /** As an operator does it: the node's files have the same names for ever. */
  function giveCertificate(to: Machine, name: string): Promise<string> {
    const own = file(to.name);
    mkdirSync(own, { recursive: true });
    for (const end of ['key', 'pem']) copyFileSync(file(`${name}.${end}`), join(own, `switch.${end}`));
    return world.vsctl(
      to,
      '--no-wait',
      'set-ssl',
      join(own, 'switch.key'),
      join(own, 'switch.pem'),
      file('controllerca.pem'),
    );
  }

  const renewOurs = (name: string): void => {
    for (const end of ['key', 'pem']) copyFileSync(file(`${name}.${end}`), file(`own.${end}`));
    nowMs += 10_001;
  };

  const status = async (): Promise<NetworkStatus> => (await driver!.status())[0]!;
  const untilConnected = () =>
    until('the switch over TLS', async () => {
      const { connected, problems } = await status();
      return (connected && problems.length === 0) || undefined;
    });
  const said = (): string => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8') : '');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-ovs-tls-'));
    const { authority, plainCertificate } = certificatesIn(folder);
    for (const name of ['controllerca', 'switchca', 'foreignca']) await authority(name);
    for (const number of [1, 2]) await plainCertificate(`iris${number}`, `/CN=iris id:${number}`, 'controllerca');
    await plainCertificate('node', `/O=Open vSwitch/CN=${datapathId} id:1`, 'switchca');
    await plainCertificate('renewed', `/O=Open vSwitch/CN=${datapathId} id:2`, 'switchca');
    await plainCertificate('other', `/O=Open vSwitch/CN=${otherId} id:1`, 'switchca');
    await plainCertificate('forged', `/O=Open vSwitch/CN=${datapathId} id:1`, 'foreignca');
    renewOurs('iris1');

    world = createOvsWorld();
    [machine, stranger] = await Promise.all([world.addMachine('sec'), world.addMachine('imp')]);
    const controllerPort = await freePort();
    for (const each of [machine, stranger]) await leadToController(each, controllerPort);
    await giveCertificate(machine, 'node');
    await world.vsctl(machine, 'set-manager', `pssl:${ovsdbPort}:127.0.0.1`);
    site = siteFileSchema.parse({
      site: 's',
      ssl: { privateKey: file('own.key'), certificate: file('own.pem'), caCert: file('switchca.pem') },
      nodes: [
        {
          name: 'sec',
          network: {
            ovsdb: `ssl:127.0.0.1:${await leadToDatabase(machine)}`,
            controller: `ssl:127.0.0.1:${controllerPort}`,
            ...{ datapathId, underlay: '10.9.0.1', datapathType: 'netdev' },
          },
        },
      ],
      tenants: [{ name: 'alpha' }],
    });
    const log = createLog({ name: 'test', file: file('log') });
    const clock = { now: () => new Date(nowMs) };
    driver = createOvsNetworkDriver({ site, instance: testInstance, log, clock });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
  });

  after(async () => {
    await driver?.stop();
    for (const forwarder of forwarders) forwarder.kill();
    for (const relay of relays) await relay.close();
    await world?.close();
    rmSync(folder, { recursive: true });
  });

  it('is joined by its database and connects to the controller that its database was given', async () => {
    await untilConnected();
    const { controller } = site.nodes[0]!.network;
    assert.equal((await world.vsctl(machine, 'get-controller', 'br-iris')).trim(), controller);
    assert.equal((await driver!.fingerprint('sec')).datapathId, datapathId);
    assert.equal((await status()).impostors, 0);
  });

  it('is seen by doctor over TLS, and that it has keys', async () => {
    const sight = await lookAtOpenVswitch(
      site.nodes[0]!,
      site.bridge,
      toPeerTrust(followSiteTls(site, silentLog), site.nodes[0]!),
    );
    assert.deepEqual([sight.datapathId, sight.hasSsl], [datapathId, true]);
    await assert.rejects(lookAtOpenVswitch(site.nodes[0]!, site.bridge), /has no `ssl`/);
  });

  it('goes on with renewed certificates on both sides', async () => {
    renewOurs('iris2');
    await giveCertificate(machine, 'renewed');
    await world.stopSwitch(machine);
    await until('the switch to be gone', async () => !(await status()).connected || undefined);
    await world.startSwitch(machine);
    await untilConnected();
    assert.match(said(), /certificates were renewed/);
  });

  const claim = (certificate: string) => async (): Promise<void> => {
    await giveCertificate(stranger, certificate);
    await world.vsctl(
      stranger,
      ...['--', '--may-exist', 'add-br', 'br-x', '--', 'set', 'Bridge', 'br-x', 'datapath_type=netdev'],
      ...['fail_mode=secure', 'protocols=OpenFlow13', `other-config:datapath-id=${datapathId}`],
      ...['--', 'set-controller', 'br-x', site.nodes[0]!.network.controller],
      ...['--', 'set', 'Controller', 'br-x', 'max_backoff=1000', 'connection_mode=out-of-band'],
    );
  };

  it("refuses another switch that claims its datapath id with that one's own certificate, and serves the real one", async () => {
    const before = await status();
    await claim('other')();
    await until('the impostor', async () => ((await status()).impostors ?? 0) > 0 || undefined);
    await until(
      'what the log says',
      () => said().includes(`its certificate is of '${otherId}', not of '${datapathId}'`) || undefined,
    );
    assert.deepEqual([(await status()).connected, before.connected], [true, true]);
    // Its flows can be read: the session is the real switch's.
    assert.deepEqual((await driver!.observe('sec')).viNumbers, []);
  });

  it('refuses one with a certificate of a foreign authority, and says whose', async () => {
    await claim('forged')();
    await until('what the log says', () => /CN=00000000000000e1 id:1 is not believed: /.test(said()) || undefined);
    assert.equal((await status()).connected, true);
    assert.deepEqual((await driver!.observe('sec')).viNumbers, []);
    await world.vsctl(stranger, 'del-br', 'br-x');
  });

  it("says that the node shows another's certificate, and takes it back with its own", async () => {
    await giveCertificate(machine, 'other');
    await world.stopSwitch(machine);
    await world.stopDatabase(machine);
    await world.startDatabase(machine);
    await world.startSwitch(machine);
    const complaint = new RegExp(`the database does not answer: .*'${otherId}', not of '${datapathId}'`);
    await until(
      'the complaint',
      async () => (await status()).problems.some((problem) => complaint.test(problem)) || undefined,
    );
    assert.equal((await status()).connected, false);
    await giveCertificate(machine, 'node');
    await world.stopSwitch(machine);
    await world.startSwitch(machine);
    await untilConnected();
  });
});

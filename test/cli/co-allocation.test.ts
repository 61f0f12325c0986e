/** `iris co-allocate` and `co-release` over two running sites. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningSite, runHere, runIris, startSite } from './running-site.js';

describe('iris co-allocate over two sites', function () {
  this.timeout(120_000);
  let folder: string;
  let tokyo: RunningSite;
  let osaka: RunningSite;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-co-'));
    const gateways = { tokyo: '198.51.100.11', osaka: '198.51.100.12' };
    const start = (site: 'tokyo' | 'osaka', peer: 'tokyo' | 'osaka') =>
      startSite(join(folder, site), { site, gateway: gateways[site], peer, peerGateway: gateways[peer] });
    // One is kept also when the other does not start, so that it is stopped.
    const started = await Promise.allSettled([
      start('tokyo', 'osaka').then((site) => {
        tokyo = site;
      }),
      start('osaka', 'tokyo').then((site) => {
        osaka = site;
      }),
    ]);
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  });
  after(async () => {
    await Promise.all([tokyo?.stop(), osaka?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const env = () => ({ ACME_PASSWORD: 'acme-secret', XDG_STATE_HOME: join(folder, 'state-home') });

  const requestText = (cpus: number): string => `
description: over two sites
schedule: { duration: 1h }
sites:
  - name: tokyo
    url: ${tokyo.url}
    user: acme
    password: \${ACME_PASSWORD}
    externalPorts: [{ name: lan, vlans: [0, 100], hostsUseSegmentMtu: true }]
    hosts: [{ mac: '52:54:00:00:01:01', ip: 10.1.0.101 }]
  - name: osaka
    url: ${osaka.url}
    user: acme
    password: \${ACME_PASSWORD}
    vms: [{ name: vm, count: 2, cpus: ${cpus}, memoryMiB: 512, diskGiB: 1, image: small }]
`;

  async function write(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a program that reads JSON has no types either
  async function ask(site: RunningSite, ...args: string[]): Promise<any> {
    const credentials = { IRIS_URL: site.url, IRIS_USER: 'acme', IRIS_PASSWORD: 'acme-secret' };
    const { code, stdout, stderr } = await runHere([...args, '--json'], credentials);
    assert.equal(code, 0, stderr + stdout);
    return JSON.parse(stdout);
  }

  const alive = async (site: RunningSite): Promise<number> =>
    (await ask(site, 'list', '--state', 'Created')).reservations.length;

  it('holds, commits and provisions at both, and takes both down', async () => {
    const file = await write('request.yaml', requestText(1));
    const ended = await runIris(['co-allocate', file], env());
    assert.equal(ended.code, 0, ended.stderr);
    const lines = ended.stderr.split('\n');
    const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
    for (const site of ['tokyo', 'osaka']) {
      const order = [at(new RegExp(`^${site}: held`)), at(/decided to commit/), at(new RegExp(`^${site}: committed`))];
      assert.ok(order[0]! >= 0 && order[0]! < order[1]! && order[1]! < order[2]!, ended.stderr);
      assert.ok(at(new RegExp(`^${site}: provisioned`)) > order[2]!, ended.stderr);
    }
    const id = /^Co-allocation (\S+), segment key \d+: provisioned at all sites/.exec(ended.stdout)?.[1];
    assert.notEqual(id, undefined, ended.stdout);
    assert.match(ended.stdout, /tokyo +\S+ +provisioned\n/);

    const [inTokyo] = (await ask(tokyo, 'list', '--state', 'Created')).reservations;
    const [inOsaka] = (await ask(osaka, 'list', '--state', 'Created')).reservations;
    assert.equal(inTokyo.globalReservationId, inOsaka.globalReservationId);
    assert.deepEqual(inTokyo.committed.segment, inOsaka.committed.segment);
    assert.deepEqual(inTokyo.committed.peers, [{ site: 'osaka', gateway: '198.51.100.12' }]);
    assert.deepEqual(inOsaka.committed.hosts[0].site, 'tokyo');

    const again = await runHere(['co-allocate', '--resume', id!, '--json'], env());
    assert.deepEqual([again.code, JSON.parse(again.stdout).outcome], [0, 'provisioned']);

    const released = await runIris(['co-release', id!, '--json'], env());
    assert.equal(released.code, 0, released.stderr);
    assert.equal(JSON.parse(released.stdout).sites.tokyo.outcome, 'terminated');
    assert.deepEqual([await alive(tokyo), await alive(osaka)], [0, 0]);
    assert.equal((await runHere(['co-release', id!], env())).code, 0, 'what is over stays over');
  });

  it('leaves nothing anywhere when one site cannot', async () => {
    const before = await Promise.all([ask(tokyo, 'availability'), ask(osaka, 'availability')]);
    const file = await write('too-big.yaml', requestText(99));
    const ended = await runHere(['co-allocate', file, '--json'], env());
    assert.equal(ended.code, 1);
    const result = JSON.parse(ended.stdout);
    assert.equal(result.outcome, 'refused');
    assert.equal(result.sites.osaka.fault.id, '00705');
    assert.deepEqual([await alive(tokyo), await alive(osaka)], [0, 0]);
    const after = await Promise.all([ask(tokyo, 'availability'), ask(osaka, 'availability')]);
    const free = (answers: typeof before) => answers.map((answer) => [answer.nodes, answer.takenSegmentKeys]);
    assert.deepEqual(free(after), free(before));
  });

  it('says what is wrong before anything is held', async () => {
    const broken = await write('broken.yaml', requestText(1).replace('name: osaka', 'name: tokyo'));
    const twice = await runHere(['co-allocate', broken], env());
    assert.deepEqual([twice.code, /named twice/.test(twice.stderr)], [2, true], twice.stderr);

    const wrongName = await write('wrong-name.yaml', requestText(1).replace('name: osaka', 'name: kyoto'));
    const other = await runHere(['co-allocate', wrongName], env());
    assert.deepEqual([other.code, /is site 'osaka', not 'kyoto'/.test(other.stderr)], [2, true], other.stderr);

    const file = await write('request.yaml', requestText(1));
    const noPassword = await runHere(['co-allocate', file], {});
    assert.deepEqual([noPassword.code, /ACME_PASSWORD/.test(noPassword.stderr)], [2, true], noPassword.stderr);
    assert.deepEqual([await alive(tokyo), await alive(osaka)], [0, 0]);
  });

  /** A requester that examples/fake-site.yaml takes at its word. */
  const overNsi = (cpus: number): string =>
    requestText(cpus)
      .replace(
        'sites:',
        "nsi: { nsaId: 'urn:ogf:network:acme.example:2026:nsa', callbacks: { listen: '127.0.0.1:0' } }\nsites:",
      )
      .replace(/ {4}user: acme\n {4}password: .*\n/g, '')
      .replace(/- name: (\w+)\n {4}url: (\S+)rms\n/g, (_, site: 'tokyo' | 'osaka', base) => {
        const gateway = { tokyo: '198.51.100.11', osaka: '198.51.100.12' }[site];
        const nsi = `{ nsaId: 'urn:ogf:network:${site}.example:2026:nsa' }`;
        return `- name: ${site}\n    url: ${base}nsi/provider\n    nsi: ${nsi}\n    gateway: ${gateway}\n`;
      });

  it('does so over NSI, called back, and takes both down', async () => {
    const file = await write('nsi.yaml', overNsi(1));
    const ended = await runIris(['co-allocate', file, '--json'], env());
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    const { id, outcome, sites } = JSON.parse(ended.stdout);
    assert.equal(outcome, 'provisioned');
    const { reservation } = await ask(osaka, 'show', sites.osaka.connectionId);
    assert.deepEqual(reservation.committed.peers, [{ site: 'tokyo', gateway: '198.51.100.11' }]);
    const released = await runIris(['co-release', id, '--json'], env());
    assert.equal(released.code, 0, released.stderr + released.stdout);
    assert.equal(JSON.parse(released.stdout).sites.osaka.outcome, 'terminated');
    assert.deepEqual([await alive(tokyo), await alive(osaka)], [0, 0]);
  });

  it('over NSI, too, leaves nothing anywhere when one site cannot, or does not know us', async () => {
    const tooBig = await write('nsi-too-big.yaml', overNsi(99));
    const refused = await runIris(['co-allocate', tooBig, '--json'], env());
    assert.deepEqual([refused.code, JSON.parse(refused.stdout).sites.osaka.fault.id], [1, '00705'], refused.stdout);
    const stranger = await write('nsi-stranger.yaml', overNsi(1).replaceAll('acme.example', 'stranger.example'));
    const unknown = await runIris(['co-allocate', stranger], env());
    assert.deepEqual([unknown.code, /0030[12]/.test(unknown.stderr)], [1, true], unknown.stderr);
    assert.deepEqual([await alive(tokyo), await alive(osaka)], [0, 0]);
  });
});

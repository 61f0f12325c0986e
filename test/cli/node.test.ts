/** `iris node` against a running site: what operators see, and a start that is refused because of what a node has promised. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../src/lib/package-root.js';
import { type RunningSite, runHere, runIris, startSite } from './running-site.js';

const change = { site: 'fake', gateway: '198.51.100.1', peer: 'elsewhere', peerGateway: '198.51.100.2' };

describe('iris node', function () {
  this.timeout(120_000);
  let folder: string;
  let site: RunningSite;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-node-'));
    site = await startSite(folder, change);
  });
  after(async () => {
    await site?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const as = (user: string) => ({ IRIS_URL: site.url, IRIS_USER: user, IRIS_PASSWORD: `${user}-secret` });
  const iris = (...args: string[]) => runHere(args, as('operator'));

  it('cordons, drains and opens a node again; site shows it', async () => {
    const { connectionId } = JSON.parse(
      (await runHere(['reserve', packageFile('examples', 'request.yaml'), '--json'], as('acme'))).stdout,
    );
    const cordoned = await iris('node', 'cordon', 'n1');
    assert.equal(cordoned.code, 0, cordoned.stderr);
    assert.match(cordoned.stdout, /n1 is cordoned since \S+Z by operator/);
    assert.match((await iris('site')).stdout, /n1 .* cordoned\n/);
    const drained = JSON.parse((await iris('node', 'drain', 'n1', '--json')).stdout);
    assert.deepEqual(
      drained.holders.map((holder: { connectionId: string; built: boolean }) => [holder.connectionId, holder.built]),
      [[connectionId, false]],
    );
    assert.match(
      (await iris('node', 'drain', 'n1')).stdout,
      new RegExp(`held by\nCONNECTION[^]*${connectionId} +acme`),
    );
    assert.match((await iris('node', 'uncordon', 'n1')).stdout, /^n1 is open\n/);
    assert.doesNotMatch((await iris('site')).stdout, /cordoned/);
  });

  it('is for operators, for known nodes, and for the three words', async () => {
    const tenant = await runHere(['node', 'cordon', 'n1', '--json'], as('acme'));
    assert.deepEqual([tenant.code, JSON.parse(tenant.stdout).error.fault.errorId], [1, '00302']);
    const unknown = await runHere(['node', 'drain', 'n9', '--json'], as('operator'));
    assert.deepEqual([unknown.code, JSON.parse(unknown.stdout).error.fault.errorId], [1, '00102']);
    for (const args of [['node'], ['node', 'drain'], ['node', 'explode', 'n1']]) {
      const { code, stderr } = await iris(...args);
      assert.equal(code, 2, stderr);
    }
  });

  it('a start with a node below what it has promised is refused, with who holds it', async () => {
    const file = join(folder, 'whole-node.yaml');
    await writeFile(
      file,
      'autoProvision: false\nvms: [{name: a, count: 2, cpus: 8, memoryMiB: 64, diskGiB: 1, image: small}]\n',
    );
    for (const { connectionId } of JSON.parse((await iris('list', '--state', 'ReserveHeld', '--json')).stdout)
      .reservations)
      await iris('abort', connectionId);
    const held = await runHere(['reserve', file, '--json'], as('acme'));
    assert.equal(held.code, 0, held.stdout);
    const { connectionId } = JSON.parse(held.stdout);
    await runHere(['commit', connectionId], as('acme'));
    await site.stop();
    const text = await readFile(site.configFile, 'utf8');
    await writeFile(site.configFile, text.replace("uri: 'fake:///n1',", "uri: 'fake:///n1', reserve: { cpus: 1 },"));
    const { code, stderr } = await runIris(['serve', '--config', site.configFile]);
    assert.equal(code, 5, stderr);
    assert.match(stderr, new RegExp(`node n1 cannot have 7 cpus: 8 are promised; held by ${connectionId}`));
  });
});

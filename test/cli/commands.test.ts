/** Every command of `iris` against a running site, as people see it and as programs do. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allCommands } from '../../src/cli/commands/all-commands.js';
import { packageFile } from '../../src/lib/package-root.js';
import { type Ended, type RunningSite, runHere, runIris, startSite, writeSiteFile } from './running-site.js';

const request = packageFile('examples', 'request.yaml');
const unknownId = '00000000-0000-4000-8000-000000000000';

describe('iris, command by command', function () {
  this.timeout(120_000);
  let folder: string;
  let site: RunningSite;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-cli-'));
    site = await startSite(folder, {
      site: 'fake',
      gateway: '198.51.100.1',
      peer: 'elsewhere',
      peerGateway: '198.51.100.2',
    });
  });
  after(async () => {
    await site?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const acme = () => ({ IRIS_URL: site.url, IRIS_USER: 'acme', IRIS_PASSWORD: 'acme-secret' });
  const separate: ReadonlySet<string> = new Set(['migrate', 'doctor']);
  const iris = (...args: string[]): Promise<Ended> => (separate.has(args[0]!) ? runIris : runHere)(args, acme());

  // biome-ignore lint/suspicious/noExplicitAny: a program that reads JSON has no types either
  async function json(...args: string[]): Promise<any> {
    const ended = await iris(...args, '--json');
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    return JSON.parse(ended.stdout);
  }

  /** The error as programs see it, and as people do. */
  async function refused(code: number, ...args: string[]) {
    const [forPrograms, forPeople] = await Promise.all([iris(...args, '--json'), iris(...args)]);
    assert.deepEqual([forPrograms.code, forPeople.code], [code, code], forPeople.stderr + forPrograms.stdout);
    const { error } = JSON.parse(forPrograms.stdout);
    assert.equal(error.exitCode, code);
    assert.equal(forPeople.stdout, '');
    return { error, text: forPeople.stderr };
  }

  /** Held → built → down, by commands alone. */
  it('takes a reservation from hold to end', async () => {
    const held = await json('reserve', request, '--wait');
    assert.equal(held.states.reservationState, 'ReserveHeld');
    assert.equal(held.held.vms.length, 3);
    const id: string = held.connectionId;

    const built = await json('commit', id, '--wait');
    assert.deepEqual([built.states.provisionState, built.states.dataPlaneStatus.active], ['Provisioned', true]);

    const shown = await json('show', id);
    assert.equal(shown.reservation.connectionId, id);
    assert.ok(shown.segmentMtu > 1000);
    assert.deepEqual(
      shown.vmStates.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`),
      ['head running', 'worker-1 running', 'worker-2 running'],
    );
    assert.ok(shown.registry.some((entry: { mac: string }) => entry.mac === '52:54:00:00:00:01'));
    assert.ok(shown.history.length > 2);
    const { registry } = await json('registry', id);
    assert.deepEqual(
      registry.map((entry: { mac: string }) => entry.mac),
      shown.registry.map((entry: { mac: string }) => entry.mac).sort(),
    );
    assert.match((await iris('registry', id)).stdout, /^untagged +52:54:00:00:00:01 .*listed/m);
    const text = (await iris('show', id)).stdout;
    for (const part of [id, 'ReserveStart', 'worker-2', '52:54:00:00:00:01', 'registry', 'history'])
      assert.ok(text.includes(part), `${part} in\n${text}`);
    assert.ok(!text.includes('cloud-config'), 'user data is a secret');

    const [from, to] = ['52:54:00:00:00:01', '52:54:00:00:01:01'];
    const explained = await json('explain', id, from, to);
    assert.ok(explained.outcome.startsWith("goes to external port '"), explained.outcome);
    const way = (await iris('explain', id, from.toUpperCase(), to)).stdout;
    for (const part of [id, 'unicast: 52:54:00:00:01:01 stands on gw', 'the switch is simulated', 'goto_table:sender'])
      assert.ok(way.includes(part), `${part} in\n${way}`);
    assert.match((await refused(1, 'explain', id, from, '52:54:00:ff:ff:ff')).text, /is not known in VLAN 0/);
    await refused(2, 'explain', id, from, 'nobody');
    await refused(2, 'explain', id, from, to, '--vlan', '4095');

    const wrongState = await refused(1, 'commit', id);
    assert.equal(wrongState.error.fault.errorId, '00201');
    assert.match(wrongState.text, /00201 INVALID_TRANSITION/);

    const released = await json('release', id, '--wait');
    assert.equal(released.states.lifecycleState, 'Terminated');
    const gone = await refused(1, 'provision', id);
    assert.equal(gone.error.fault.errorId, '00204');
    assert.equal(gone.error.fault.connectionId, id);

    const metrics = await (await fetch(new URL('/metrics', site.url))).text();
    assert.match(metrics, /^iris_reservations\{state="Terminated"\} [1-9]/m);
    assert.match(metrics, /^iris_packet_ins_total\{node="gw"\} 0$/m);
    assert.match(metrics, /^iris_switch_connected\{node="gw"\} 1$/m);
  });

  it('provisions and releases again what is made to outlive a release, and terminates it', async () => {
    const file = join(folder, 'lasting.yaml');
    await writeFile(
      file,
      'autoProvision: false\nterminateOnRelease: false\nvms: [{name: a, cpus: 1, memoryMiB: 64, diskGiB: 1, image: small}]\n',
    );
    const { connectionId: id } = await json('reserve', file, '--wait');
    const committed = await json('commit', id, '--wait');
    assert.equal(committed.states.provisionState, 'Released');
    for (let round = 0; round < 2; round++) {
      assert.equal((await json('provision', id, '--wait')).states.dataPlaneStatus.active, true);
      assert.equal((await json('release', id, '--wait')).states.provisionState, 'Released');
    }
    assert.equal((await json('terminate', id, '--wait')).states.lifecycleState, 'Terminated');
  });

  it('gives back what an aborted hold had', async () => {
    const freeCpus = async (): Promise<number[]> =>
      (await json('availability')).nodes.map((node: { free: { cpus: number } }) => node.free.cpus);
    const before = await freeCpus();
    const { connectionId } = await json('reserve', request, '--wait');
    assert.notDeepEqual(await freeCpus(), before);
    await json('abort', connectionId, '--wait');
    assert.deepEqual(await freeCpus(), before);
  });

  it('shows the site, what is free, and what a request would lead to', async () => {
    assert.match((await iris('site')).stdout, /n3 .*100/);
    const view = await json('site');
    assert.deepEqual([view.site, view.images], ['fake', ['small']]);
    assert.match((await iris('availability', '--to', '2999-01-01')).stdout, /n1 +8 of 8/);
    const plan = (await iris('plan', request)).stdout;
    for (const part of ['worker-2', 'add-port', 'table=classify']) assert.ok(plan.includes(part), part);
    assert.equal((await json('plan', request)).placement.length, 3);
  });

  it('lists a page at a time, by state and by time', async () => {
    for (let count = 0; count < 3; count++) {
      const { connectionId } = await json('reserve', request);
      await json('terminate', connectionId, '--wait');
    }
    const first = await json('list', '--state', 'Terminated', '--limit', '2');
    assert.equal(first.reservations.length, 2);
    const second = await json('list', '--state', 'Terminated', '--limit', '2', '--after', first.next);
    const ids = (page: typeof first): string[] =>
      page.reservations.map((reservation: { connectionId: string }) => reservation.connectionId);
    assert.equal(new Set([...ids(first), ...ids(second)]).size, ids(first).length + ids(second).length);
    assert.deepEqual((await json('list', '--to', '2001-01-01')).reservations, []);
    const { stdout } = await iris('list', '--limit', '1');
    assert.match(stdout, /^CONNECTION +TENANT/);
    assert.match(stdout, /iris list --after \S+/);
  });

  it('does not show one tenant what is another’s', async () => {
    const { connectionId } = await json('reserve', request);
    const umbrella = { IRIS_URL: site.url, IRIS_USER: 'umbrella', IRIS_PASSWORD: 'umbrella-secret' };
    const ended = await runHere(['show', connectionId, '--json'], umbrella);
    assert.equal(ended.code, 1);
    assert.equal(JSON.parse(ended.stdout).error.fault.errorId, '00203');
    await json('abort', connectionId);
  });

  it('shows a refusal with its id, what it is about, and what to do', async () => {
    const { error, text } = await refused(1, 'show', unknownId);
    assert.equal(error.fault.errorId, '00203');
    assert.equal(error.fault.variables.connectionId ?? error.fault.connectionId, unknownId);
    assert.match(text, /00203 RESERVATION_NONEXISTENT/);
    assert.match(text, /Check the connection id/);

    const big = join(folder, 'big.yaml');
    await writeFile(big, 'vms: [{name: a, cpus: 999, memoryMiB: 64, diskGiB: 1, image: small}]\n');
    assert.equal((await refused(1, 'reserve', big)).error.fault.errorId, '00705');
  });

  it('takes a password from a file, and says when it is wrong or missing', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'acme-secret\n');
    const missing = await runIris(['site', '--json'], { IRIS_URL: site.url, IRIS_USER: 'acme' });
    assert.equal(missing.code, 2);
    assert.match(missing.stdout, /IRIS_PASSWORD/);
    const fromFile = ['--url', site.url, '--user', 'acme', '--password-file', file];
    assert.equal((await runHere([...fromFile, 'site'])).code, 0);
    const wrong = await runHere(['site', '--json'], { ...acme(), IRIS_PASSWORD: 'guess' });
    assert.deepEqual([wrong.code, JSON.parse(wrong.stdout).error.fault.errorId], [1, '00301']);
  });

  it('tells a service that is not there from one that is none', async () => {
    const nobody = await runHere(['site'], { ...acme(), IRIS_URL: 'http://127.0.0.1:1/rms' });
    assert.deepEqual([nobody.code, nobody.stdout], [3, '']);
    const other = await runHere(['site'], { ...acme(), IRIS_URL: site.url.replace('/rms', '/health') });
    assert.equal(other.code, 3);
  });

  it('names everything that is wrong with a request file, and sends nothing', async () => {
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, 'schedule: {start: tomorrow}\nvms: [{name: a, cpus: 0, bogus: 1}]\n');
    const { error, text } = await refused(2, 'reserve', bad);
    const paths = error.problems.map((problem: { path: string }) => problem.path);
    for (const path of ['schedule.start', 'vms[0].cpus', 'vms[0].memoryMiB', 'vms[0].image', 'vms[0]'])
      assert.ok(paths.includes(path), `${path} among ${paths}`);
    assert.match(text, /bogus/);
    assert.equal((await iris('reserve', join(folder, 'none.yaml'))).code, 2);
  });

  for (const args of [
    ['bogus'],
    ['show'],
    ['site', '--bogus'],
    ['list', '--state', 'Helt'],
    ['list', '--limit', 'many'],
    ['availability', '--from', 'noon'],
    ['commit', unknownId, '--wait', '--timeout', 'soon'],
    ['site', '--url', 'ftp://127.0.0.1/rms'],
    ['co-allocate'],
    ['co-release', 'nothing-of-that-name'],
    ['doctor', 'no-such-node'],
  ])
    it(`refuses iris ${args.join(' ')} as wrong usage`, async () => {
      const { code, stderr, stdout } = await (args[0] === 'doctor' ? runIris : runHere)(args, {
        ...acme(),
        IRIS_CONFIG: site.configFile,
      });
      // The timeout is looked at only when there is something to wait for.
      assert.equal(code, args[0] === 'commit' ? 1 : 2, stderr);
      assert.notEqual(stderr, '');
      assert.equal(stdout, '');
    });

  it('teaches: every command has help with an example, and the exit codes are told', async () => {
    const { code, stdout } = await runIris(['--help']);
    assert.equal(code, 0);
    for (const { name } of allCommands) assert.ok(stdout.includes(`\n  ${name}`), name);
    assert.match(stdout, /Exit codes:\n {2}0 {2}done/);
    const help = await runHere(['reserve', '--help']);
    assert.match(help.stdout, /Examples:\n {2}\$ iris reserve/);
  });

  it('migrates and looks at the nodes beside the running daemon', async () => {
    const migrated = await json('migrate', '--config', site.configFile);
    assert.deepEqual(migrated.applied, []);
    const { findings } = await json('doctor', '--config', site.configFile);
    const found = (node: string, check: string) =>
      findings.find((finding: { node: string; check: string }) => finding.node === node && finding.check === check);
    assert.equal(found('n1', 'libvirt').level, 'ok');
    assert.equal(found('n1', 'accelerator').level, 'warn');
    assert.equal(found('gw', 'libvirt'), undefined);
    assert.match((await iris('doctor', 'n1', '--config', site.configFile)).stdout, /What to do:\n {2}n1, accelerator/);
  });

  it('says when the port is taken, the database is away, or the site file is wrong', async () => {
    const serve = (...args: string[]) => runIris(['serve', ...args]);
    const port = new URL(site.url).host;
    const other = join(folder, 'other');

    const config = await writeSiteFile(other, {
      site: 'fake',
      gateway: '198.51.100.1',
      peer: 'elsewhere',
      peerGateway: '198.51.100.2',
    });
    const everywhere = await serve('--config', config, '--listen', '0.0.0.0:0');
    assert.deepEqual([everywhere.code, /listen\.soap.*loopback/.test(everywhere.stderr)], [2, true], everywhere.stderr);
    assert.equal(existsSync(join(other, 'state')), false);
    const taken = await serve('--config', config, '--listen', port);
    assert.deepEqual([taken.code, /address is in use/.test(taken.stderr)], [5, true], taken.stderr);
    const away = await serve('--config', config, '--database', 'postgres://iris:hidden@127.0.0.1:1/iris');
    assert.equal(away.code, 5);
    assert.match(away.stderr, /is PostgreSQL running/);
    assert.ok(!away.stderr.includes('hidden'), away.stderr);

    const wrong = join(folder, 'wrong-site.yaml');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the site file's own way to name a variable
    const lines = ['site: x', 'nodez: []', 'tenants: []', 'users: [{name: a, password: "${IRIS_NO_SUCH}"}]', ''];
    await writeFile(wrong, lines.join('\n'));
    const refusedSite = await serve('--config', wrong);
    assert.equal(refusedSite.code, 2);
    for (const part of ['nodez', 'nodes:', 'tenants:']) assert.ok(refusedSite.stderr.includes(part), part);
    assert.equal((await serve('--config', join(folder, 'none.yaml'))).code, 2);
  });

  it('keeps no password and no user data in the log', async () => {
    const log = await readFile(join(folder, 'iris.log'), 'utf8');
    assert.match(log, /"connectionId"/);
    for (const secret of ['acme-secret', 'cloud-config']) assert.ok(!log.includes(secret), secret);
  });

  it('stops at once when asked to, and its database with it', async () => {
    const ended = await site.stop();
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(existsSync(join(folder, 'state', 'postgres', 'data', 'postmaster.pid')), false);
    assert.equal((await iris('site')).code, 3);
  });
});

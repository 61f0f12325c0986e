/** Runs of the testbed leave nothing behind: taken down, killed, or left by a process that died. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { runCommand } from '../../src/lib/run-command.js';
import { raiseInterCloud } from '../../src/testbed/inter-cloud.js';
import { listNamespaces } from '../../src/testbed/network-namespace.js';
import { onceSettled } from '../../src/testbed/once-settled.js';
import { createRun, type Run, runState, runsDirectory } from '../../src/testbed/run-directory.js';
import { findRunProcesses } from '../../src/testbed/run-processes.js';
import { sweepDeadRuns, takeDown } from '../../src/testbed/teardown.js';
import { lastLook } from '../support/last-look.js';
import { leftoversOf, standingOf } from './support/leftovers.js';

const abandonedRun = fileURLToPath(new URL('./support/abandoned-run.js', import.meta.url));

async function rootLinks(): Promise<string[]> {
  const { stdout } = await runCommand('ip', ['-j', 'link', 'show']);
  return (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname);
}

describe('a run of the testbed', function () {
  this.timeout(400_000);
  const runs: Run[] = [];
  const children: ChildProcess[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const run of runs.splice(0)) await takeDown(run);
  });

  async function startAbandonable(...args: string[]): Promise<{ run: Run; child: ChildProcess }> {
    const child = spawn(process.execPath, [abandonedRun, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [id] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const run = { id, directory: join(runsDirectory, id) };
    runs.push(run);
    return { run, child };
  }

  it('raises the inter-cloud without a link in the root namespace, and takes all of it down', async () => {
    const before = await rootLinks();
    const run = createRun();
    runs.push(run);
    await raiseInterCloud(run, { delayMs: 5, rateMbit: 100 });

    assert.deepEqual(await rootLinks(), before);
    assert.equal((await listNamespaces()).filter((name) => name.startsWith(`iris-${run.id}-`)).length, 9);
    assert.ok((await findRunProcesses(run)).length >= 12);

    await takeDown(run);
    assert.deepEqual(await leftoversOf(run), []);
    assert.deepEqual(await rootLinks(), before);
    await takeDown(run);
  });

  it('killed by SIGKILL, is swept up by the next, which does not touch the living', async () => {
    const [killed, living] = await Promise.all([startAbandonable(), startAbandonable()]);
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    assert.equal(runState(killed.run), 'dead');
    const livingProcesses = await onceSettled(() => findRunProcesses(living.run));

    assert.ok((await sweepDeadRuns()).removed.includes(killed.run.id));
    assert.deepEqual(await leftoversOf(killed.run), []);
    assert.equal(runState(living.run), 'living');
    const isUntouched = (found: unknown) => isDeepStrictEqual(found, livingProcesses);
    assert.deepEqual(await lastLook(() => findRunProcesses(living.run), isUntouched), livingProcesses);
  });

  it('that its process was only about to make is swept up once that has ended', async () => {
    const maker = spawn('sleep', ['3600'], { stdio: 'ignore' });
    children.push(maker);
    const folder = join(runsDirectory, `new-0000-${maker.pid}`);
    mkdirSync(join(folder, 'logs'), { recursive: true });
    await sweepDeadRuns();
    assert.ok(existsSync(folder));

    maker.kill('SIGKILL');
    await once(maker, 'exit');
    await sweepDeadRuns();
    assert.ok(!existsSync(folder));
  });

  it('that is to be kept outlives its owner until it is taken down', async () => {
    const { run, child } = await startAbandonable('--keep');
    child.kill('SIGKILL');
    await once(child, 'exit');

    assert.equal(runState(run), 'kept');
    assert.ok(!(await sweepDeadRuns()).removed.includes(run.id));
    assert.notDeepEqual(await standingOf(run), []);

    await takeDown(run);
    assert.deepEqual(await leftoversOf(run), []);
  });
});

/**
 * What goes wrong around Iris: bad input, a node that is dead, libvirt that refuses, a switch that disconnects half way. Each
 * time what is asked for comes about once the fault is gone, or ends clean, and nobody else's things are touched.
 */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { waitForSuccess, waitUntil } from '../../src/lib/wait-until.js';
import { type CoAllocateResult, coAllocate, coRelease } from '../../src/testbed/demo/co-allocate.js';
import { askAllGuests } from '../../src/testbed/demo/guests.js';
import { runIris, tryIris } from '../../src/testbed/demo/iris-command.js';
import { showForeignUntouched, showNothingLeft } from '../../src/testbed/demo/release.js';
import { emulatedNodes, takeForeignSnapshots } from '../../src/testbed/demo/remains.js';
import { writeTenantRequest } from '../../src/testbed/demo/request-file.js';
import { type Demo, part } from '../../src/testbed/demo/step.js';
import { hostOf, tenants } from '../../src/testbed/demo/tenants.js';
import type { EmulatedNode } from '../../src/testbed/inter-cloud.js';
import { ofctl, startSwitch } from '../../src/testbed/machine.js';
import { onceSettled } from '../../src/testbed/once-settled.js';
import { runPath } from '../../src/testbed/run-directory.js';
import { takeDown } from '../../src/testbed/teardown.js';
import { crash, revive } from '../testbed/support/crash.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { createDemo, serveTwoSites } from './support/two-sites.js';

const { alice } = tenants;

interface Shown {
  reservation: {
    errorEvent?: { node?: string; event: string; text: string };
    states: { reservationState: string; lifecycleState: string; dataPlaneStatus: { active: boolean } };
  };
}

describe('two sites, when things go wrong', function () {
  this.timeout(600_000);
  let demo: Demo;
  /** Machines whose switch a test restarted: the flows of all its bridges went with it. */
  const restarted: string[] = [];
  let node: (name: string) => EmulatedNode;

  before(async () => {
    demo = createDemo();
    await serveTwoSites(demo);
    const { nodes } = part(demo, 'cloud').sites.osaka;
    node = (name) => nodes.find((candidate) => candidate.name === name)!;
  });
  after(async () => {
    await takeDown(demo.run);
    assert.deepEqual(await leftoversOf(demo.run), []);
  });
  afterEach(async function () {
    const hasFailed = this.currentTest?.state === 'failed';
    if (hasFailed) await makeGood();
    await withinPatience('nothing of ours to be left', () => showNothingLeft(demo));
    if (!hasFailed)
      await withinPatience('what is foreign to be as it was', () => showForeignUntouched(demo, restarted));
    demo.parts.foreignBefore = await onceSettled(() => takeForeignSnapshots(part(demo, 'cloud')));
    restarted.length = 0;
  });

  const withinPatience = (what: string, show: () => Promise<void>) =>
    waitForSuccess(show, { what, timeoutMs: 120_000, intervalMs: 500 });

  /** One that fails half way leaves the next what it found: nodes that serve, and no reservation of alice's. */
  async function makeGood(): Promise<void> {
    for (const { machine, hypervisor } of emulatedNodes(part(demo, 'cloud'))) await revive(machine, hypervisor);
    for (const site of ['tokyo', 'osaka'] as const)
      for (const connectionId of await reservedAt(site)) await runIris(demo, callerAt(site), 'terminate', connectionId);
  }

  const callerAt = (site: 'tokyo' | 'osaka') => ({ ...alice, url: part(demo, 'sites')[site].url });
  const showAtOsaka = async (connectionId: string): Promise<Shown> =>
    (await runIris(demo, callerAt('osaka'), 'show', connectionId)).result as Shown;

  /** The newest reservation of alice's: a co-allocation that is still under way has not told its own yet. */
  const newestAt = async (site: 'tokyo' | 'osaka'): Promise<string | undefined> => (await reservedAt(site))[0];

  async function reservedAt(site: 'tokyo' | 'osaka'): Promise<string[]> {
    const { result } = await runIris(demo, callerAt(site), 'list');
    const { reservations } = result as {
      reservations: { connectionId: string; states: Shown['reservation']['states'] }[];
    };
    const isCreated = ({ states }: (typeof reservations)[number]) => states.lifecycleState === 'Created';
    return reservations.filter(isCreated).map(({ connectionId }) => connectionId);
  }

  const osakaToSayWhatKeepsIt = () =>
    waitUntil(
      async () => {
        const connectionId = await newestAt('osaka');
        if (connectionId === undefined) return undefined;
        const { errorEvent } = (await showAtOsaka(connectionId)).reservation;
        return errorEvent && { connectionId, errorEvent };
      },
      { what: 'osaka to say what keeps it', timeoutMs: 180_000, intervalMs: 500 },
    );

  async function reachesItsVms(): Promise<void> {
    const answers = await askAllGuests(hostOf(part(demo, 'cloud'), alice));
    assert.deepEqual(
      answers.map(({ tenant, name }) => `${tenant} ${name}`),
      ['alice vm1', 'alice vm2'],
    );
  }

  it('refuses bad input, says what and where, and changes nothing', async () => {
    const file = writeTenantRequest(demo, alice);
    const text = readFileSync(file, 'utf8');
    const wrong = [
      { name: 'unknown-key', text: `${text}\ncolour: blue\n`, exitCode: 2 },
      { name: 'not-yaml', text: 'sites: [', exitCode: 2 },
      { name: 'bad-mac', text: text.replaceAll('52:54:00:00:00:0b', '52:54:00:00:00'), exitCode: 2 },
      { name: 'no-such-image', text: text.replaceAll('image: small', 'image: enormous'), exitCode: 1 },
      { name: 'no-such-port', text: text.replaceAll('name: lan1', 'name: lan9'), exitCode: 1 },
      { name: "somebody-else's-port", text: text.replaceAll('name: lan1', 'name: lan2'), exitCode: 1 },
    ];
    for (const { name, text: content, exitCode } of wrong) {
      const path = runPath(demo.run, `${name}.yaml`);
      writeFileSync(path, content);
      assert.notEqual(content, text, name);
      const answer = await tryIris(demo, alice, 'co-allocate', path);
      assert.equal(answer.exitCode, exitCode, `${name}: ${JSON.stringify(answer)}`);
    }
    const stranger = await tryIris(demo, { ...callerAt('osaka'), password: 'not it' }, 'list');
    assert.equal(stranger.exitCode, 1);
    const garbage = await fetch(part(demo, 'sites').osaka.url, { method: 'POST', body: '<reserve/>' });
    assert.ok(garbage.status >= 400);
    assert.equal(await newestAt('osaka'), undefined);
  });

  it('builds on the nodes that live, names the one that is dead, and finishes when it is back', async () => {
    const dead = node('n2');
    const programs = ['libvirtd', 'ovs-vswitchd'];
    restarted.push(dead.machine.name);
    for (const program of programs) await crash(dead.machine, program);
    const finished = coAllocate(demo, alice);
    finished.catch(() => {});
    try {
      const { errorEvent } = await osakaToSayWhatKeepsIt();
      assert.equal(errorEvent.node, 'n2');
    } finally {
      await revive(dead.machine, dead.hypervisor);
    }
    const { connections } = await finished;
    assert.equal((await showAtOsaka(connections.osaka)).reservation.errorEvent, undefined);
    await reachesItsVms();
    await coRelease(demo, alice);
  });

  it('tells what libvirt refused, ends it everywhere without being told, and gives everything back', async () => {
    const { kernel } = part(demo, 'image');
    renameSync(kernel, `${kernel}.aside`);
    try {
      const { exitCode, result } = await tryIris(demo, alice, 'co-allocate', writeTenantRequest(demo, alice));
      const { outcome, sites } = result as CoAllocateResult;
      assert.deepEqual([exitCode, outcome], [1, 'unbuildable'], JSON.stringify(result));
      assert.match(sites.osaka!.fault!.text, /virsh start/);
      for (const site of ['tokyo', 'osaka'] as const) {
        const { connectionId } = sites[site]!;
        const isOver = async () =>
          ((await runIris(demo, callerAt(site), 'show', connectionId!)).result as Shown).reservation.states
            .lifecycleState === 'Terminated';
        await waitUntil(isOver, { what: `${site} to be rid of it`, timeoutMs: 120_000, intervalMs: 200 });
      }
    } finally {
      renameSync(`${kernel}.aside`, kernel);
    }
  });

  it('a switch that disconnects half way is brought to what it should be when it is back', async () => {
    const { machine } = node('gw');
    const finished = coAllocate(demo, alice);
    finished.catch(() => {});
    await waitUntil(async () => (await ofctl(machine, 'dump-flows', 'br-iris')).stdout.includes('table=0'), {
      what: "the gateway's first flows",
      timeoutMs: 120_000,
      intervalMs: 20,
    });
    restarted.push(machine.name);
    await crash(machine, 'ovs-vswitchd');
    await startSwitch(machine);
    await finished;
    await reachesItsVms();
    await coRelease(demo, alice);
  });
});

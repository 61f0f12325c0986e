/** Co-allocation over fake sites: all or nothing, with lost answers, refusals, late commits, and a crash at every point. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coAllocate, type NewCoAllocationRun, resumeFromLog } from '../../src/coordinator/co-allocate.js';
import type { Outcome } from '../../src/coordinator/co-allocation.js';
import { deriveCorrelationId } from '../../src/coordinator/correlation.js';
import { correlationKeyOf, readDecisionLog } from '../../src/coordinator/decision-log.js';
import { coAllocationRequestSchema } from '../../src/coordinator/request/co-allocation-request.js';
import type { StepTimes } from '../../src/coordinator/site-steps.js';
import { parseYaml } from '../../src/lib/yaml-config.js';
import { type Disappointments, FakeSite } from './fake-site.js';

const requestText = (segment = '{}'): string => `
segment: ${segment}
sites:
  - name: tokyo
    url: http://127.0.0.1:1/rms
    externalPorts: [{ name: lan2, vlans: [0] }]
    hosts: [{ mac: '52:54:00:00:00:0A', ip: 10.0.0.10 }]
  - name: osaka
    url: http://127.0.0.1:2/rms
    vms: [{ name: vm, cpus: 1, memoryMiB: 64, diskGiB: 1, image: small, nics: [{ mac: '52:54:00:00:00:01' }], userData: secret }]
`;

const times: StepTimes = {
  pollMs: 10,
  hold: { patienceMs: 1000, firstDelayMs: 10, maxDelayMs: 100 },
  decided: { patienceMs: 5000, firstDelayMs: 10, maxDelayMs: 100 },
  provisionPatienceMs: 2000,
};

class Crash extends Error {}

describe('co-allocation over sites', () => {
  let folder: string;
  let runs = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'iris-co-allocate-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  interface World {
    sites: FakeSite[];
    run: NewCoAllocationRun;
  }

  function world(tokyo: Disappointments = {}, osaka: Disappointments = {}, segment?: string): World {
    const sites = [new FakeSite('tokyo', tokyo), new FakeSite('osaka', osaka)];
    let nowMs = Date.parse('2026-01-01T00:00:00Z');
    const id = `00000000-0000-8000-8000-${String(++runs).padStart(12, '0')}`;
    const run: NewCoAllocationRun = {
      id,
      request: parseYaml(requestText(segment), coAllocationRequestSchema, 'request'),
      requestFile: '/nowhere/request.yaml',
      clients: Object.fromEntries(sites.map((site) => [site.name, site.client])),
      logPath: join(folder, `${id}.jsonl`),
      now: () => new Date(nowMs),
      waiting: {
        now: () => nowMs,
        sleep: async (ms) => {
          nowMs += ms;
        },
      },
      times,
      random: () => 0,
      onProgress: () => {},
    };
    return { sites, run };
  }

  const outcomeOf = async ({ run }: World): Promise<Outcome | undefined> => (await coAllocate(run)).state.outcome;
  const live = ({ sites }: World): number[] => sites.map((site) => site.live.length);

  it('reserves, commits and waits at all sites, under one key and one global id', async () => {
    const w = world({ takenKeys: [1] }, { takenKeys: [2] });
    const { state } = await coAllocate(w.run);
    assert.equal(state.outcome, 'provisioned');
    assert.equal(state.segmentKey, 3);
    assert.deepEqual(live(w), [1, 1]);
    const ids = w.sites.map((site) => site.live[0]!.globalReservationId);
    assert.deepEqual(ids, [`urn:uuid:${w.run.id}`, `urn:uuid:${w.run.id}`]);
  });

  it('tells each site its peers and the machines of the others', async () => {
    const w = world();
    await coAllocate(w.run);
    const [tokyo, osaka] = w.sites.map((site) => site.requests[0]!.criteria);
    assert.deepEqual(tokyo!.peers, [{ site: 'osaka', gateway: '192.0.2.1' }]);
    // The gateway that has the external port asked for, not merely the first one.
    assert.deepEqual(osaka!.peers, [{ site: 'tokyo', gateway: '192.0.2.2' }]);
    assert.deepEqual(osaka!.hosts, [{ mac: '52:54:00:00:00:0a', ip: '10.0.0.10', vlan: 0, site: 'tokyo' }]);
    assert.deepEqual(
      tokyo!.hosts.map(({ mac, site }) => [mac, site]),
      [
        ['52:54:00:00:00:0a', 'tokyo'],
        ['52:54:00:00:00:01', 'osaka'],
      ],
    );
  });

  it('undoes the others when one refuses, at once or while checking', async () => {
    for (const osaka of [{ refuseReserve: true }, { failsWhileChecking: true }]) {
      const w = world({}, osaka);
      const { state } = await coAllocate(w.run);
      assert.equal(state.outcome, 'refused');
      assert.notEqual(state.sites.osaka?.fault, undefined);
      assert.deepEqual(live(w), [0, 0]);
      assert.deepEqual(
        w.sites[0]!.calls.filter(({ operation }) => operation === 'commit'),
        [],
      );
    }
  });

  it('tries other keys when one turns out taken, but not when the request fixes it', async () => {
    const free = world({ secretlyTakenKeys: [1] }, { secretlyTakenKeys: [2] });
    const { state } = await coAllocate(free.run);
    assert.deepEqual([state.outcome, state.segmentKey, state.attempt], ['provisioned', 3, 3]);
    assert.deepEqual(live(free), [1, 1]);

    const fixed = world({ secretlyTakenKeys: [5] }, {}, '{ key: 5 }');
    assert.equal(await outcomeOf(fixed), 'refused');
    assert.deepEqual(live(fixed), [0, 0]);
  });

  it('says so when no key is free everywhere', async () => {
    const w = world({ takenKeys: [1, 2, 3, 4, 5] }, { takenKeys: [6, 7, 8, 9] });
    const { state } = await coAllocate(w.run);
    assert.deepEqual([state.outcome, state.sites.tokyo?.fault?.code], ['refused', 'NO_SEGMENT_KEY']);
    assert.equal(w.sites[0]!.requests.length, 0);
  });

  for (const operation of ['reserve', 'commit', 'getReservation', 'getSite'] as const)
    it(`survives a lost request and a lost answer to ${operation}, and does it once`, async () => {
      const w = world({ lostAnswers: [operation] }, { lostRequests: [operation, operation] });
      assert.equal(await outcomeOf(w), 'provisioned');
      assert.deepEqual(
        w.sites.map((site) => site.reservations.length),
        [1, 1],
      );
      for (const site of w.sites) {
        const ids = site.calls.filter((call) => call.operation === 'commit').map((call) => call.correlationId);
        assert.equal(new Set(ids).size, 1);
      }
    });

  it('finds and ends a hold whose answer never came', async () => {
    const w = world({}, { lostAnswers: Array.from({ length: 50 }, () => 'reserve' as const) });
    assert.equal(await outcomeOf(w), 'refused');
    assert.equal(w.sites[1]!.reservations.length, 1);
    assert.deepEqual(live(w), [0, 0]);
  });

  it('terminates what has committed when a commit comes too late elsewhere', async () => {
    const w = world({}, { holdExpires: true });
    const { state } = await coAllocate(w.run);
    assert.deepEqual([state.outcome, state.sites.osaka?.fault?.id], ['undone', '00201']);
    assert.deepEqual(live(w), [0, 0]);
    assert.equal(w.sites[0]!.reservations[0]!.states.lifecycleState, 'Terminated');
  });

  it('keeps the decision when a site cannot be told, and a later run tells it', async () => {
    const w = world({}, { deaf: ['commit'] });
    const { state, notReached } = await coAllocate(w.run);
    assert.deepEqual([state.phase, notReached.map(({ site }) => site)], ['committing', ['osaka']]);
    w.sites[1]!.disappoints.deaf = [];
    const resumed = await resumeFromLog(w.run);
    assert.equal(resumed?.state.outcome, 'provisioned');
    assert.deepEqual(live(w), [1, 1]);
  });

  it('reports a site that never builds, and leaves the reservations to the user', async () => {
    const w = world({}, { neverProvisions: true });
    const { state } = await coAllocate(w.run);
    assert.deepEqual([state.outcome, state.sites.osaka?.fault?.code], ['provisionFailed', 'TIMED_OUT']);
    assert.deepEqual(live(w), [1, 1]);
  });

  it('ends it everywhere, soon, where a site says that it cannot build it', async () => {
    const w = world({}, { cannotBuild: 'no such kernel' });
    const { state } = await coAllocate(w.run);
    assert.equal(state.outcome, 'unbuildable');
    assert.deepEqual(state.sites.osaka!.fault, { code: 'REFUSED', text: 'no such kernel', variables: {} });
    assert.deepEqual(live(w), [0, 0]);
  });

  it('gives up at the user’s wish before the decision, and not after it', async () => {
    const stop = async (at: 'held' | 'committed'): Promise<[Outcome | undefined, number[]]> => {
      const w = world();
      const controller = new AbortController();
      w.run.signal = controller.signal;
      w.run.onProgress = (progress) => {
        if (progress.kind === 'event' && progress.event.type === at) controller.abort();
      };
      return [await outcomeOf(w), live(w)];
    };
    assert.deepEqual(await stop('held'), ['aborted', [0, 0]]);
    assert.deepEqual(await stop('committed'), ['provisioned', [1, 1]]);
  });

  it('refuses a site that is another than the request says', async () => {
    const w = world();
    w.run.clients = { ...w.run.clients, osaka: w.sites[0]!.client };
    await assert.rejects(coAllocate(w.run), { name: 'SiteMismatch' });
    assert.deepEqual(live(w), [0, 0]);
  });

  it('writes no user data and no password into its log', async () => {
    const w = world();
    await coAllocate(w.run);
    const text = readFileSync(w.run.logPath, 'utf8');
    assert.match(text, /"entry":"commit"/);
    assert.doesNotMatch(text, /secret|password/);
  });

  it('asks under ids that no site can derive from what it is told, and under the same after a crash; an older log has no key for them', async () => {
    const w = world({}, { deaf: ['commit'] });
    await coAllocate(w.run);
    const { begun } = await readDecisionLog(w.run.logPath);
    assert.match(begun.correlationKey!, /^[0-9a-f]{32}$/);
    const ids = (operation: string) => [
      ...new Set(w.sites.map((site) => site.calls.find((call) => call.operation === operation)?.correlationId)),
    ];
    const derived = (key: string, operation: string) =>
      ['tokyo', 'osaka'].map((site) => deriveCorrelationId(key, 1, site, operation));
    assert.deepEqual(ids('reserve'), derived(begun.correlationKey!, 'reserve'));
    assert.notDeepEqual(ids('reserve'), derived(w.run.id, 'reserve'));
    w.sites[1]!.disappoints.deaf = [];
    for (const site of w.sites) site.calls.length = 0;
    await resumeFromLog(w.run);
    assert.deepEqual(ids('commit'), derived(begun.correlationKey!, 'commit'));

    const { correlationKey: _, ...older } = begun;
    assert.equal(correlationKeyOf(older), begun.id);
  });

  it('cuts off what a crash tore, and goes on', async () => {
    const w = world({}, { deaf: ['commit'] });
    await coAllocate(w.run);
    const { appendFileSync } = await import('node:fs');
    appendFileSync(w.run.logPath, '{"entry":"undo","sta');
    w.sites[1]!.disappoints.deaf = [];
    assert.equal((await resumeFromLog(w.run))?.state.outcome, 'provisioned');
    assert.equal((await readDecisionLog(w.run.logPath)).newest?.recorded, 'ended');
  });

  /** Runs until the n-th moment, where everything stops; then resumes. False when the run had no n-th moment. */
  async function crashAt(n: number, make: () => World): Promise<boolean> {
    const w = make();
    let moments = 0;
    let crashed = false;
    const interrupt = (): void => {
      if (crashed || ++moments === n) {
        crashed = true;
        throw new Crash();
      }
    };
    for (const site of w.sites) site.interrupt = interrupt;
    // A crash also falls between two writes of the log, where progress is told.
    w.run.onProgress = interrupt;
    await coAllocate(w.run).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    if (!crashed) return false;

    for (const site of w.sites) site.interrupt = () => {};
    w.run.onProgress = () => {};
    const logged = await readDecisionLog(w.run.logPath).catch((error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ENOENT');
      return undefined;
    });
    const decided = logged?.newest?.recorded;
    const resumed = logged === undefined ? undefined : await resumeFromLog(w.run);
    const counts = live(w);
    assert.ok(counts[0] === counts[1], `crash at ${n} (${decided}): live ${counts}, ${resumed?.state.outcome}`);
    if (decided === undefined || decided === 'attempt') assert.deepEqual(counts, [0, 0], `crash at ${n}`);
    if (resumed !== undefined) {
      assert.equal(resumed.state.phase, 'ended', `crash at ${n}`);
      const again = await resumeFromLog(w.run);
      assert.equal(again?.state.outcome, resumed.state.outcome, 'resuming what has ended changes nothing');
      assert.deepEqual(live(w), counts);
    }
    return true;
  }

  const stories: Record<string, () => World> = {
    'that goes well': () => world(),
    'that is refused': () => world({}, { refuseReserve: true }),
    'that needs a second key': () => world({ secretlyTakenKeys: [1] }, {}),
    'whose commit comes too late': () => world({}, { holdExpires: true }),
  };
  for (const [story, make] of Object.entries(stories))
    it(`is all or nothing after a crash at every point of a co-allocation ${story}`, async () => {
      let n = 1;
      while (await crashAt(n, make)) n++;
      assert.ok(n > 15, `only ${n} points`);
    });
});

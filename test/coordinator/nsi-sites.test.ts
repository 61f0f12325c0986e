/** A co-allocation over two sites that are asked over NSI CS 2.0: called back or polling, beside one that is asked over rms, refused, resumed, undone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallbackInbox, createCallbackInbox } from '../../src/client/nsi/callback-inbox.js';
import { createNsiClient, type NsiClient, type NsiClientOptions } from '../../src/client/nsi/nsi-client.js';
import { NsiConnectionError } from '../../src/client/nsi/nsi-fault.js';
import { createRmsClient, type RmsClient } from '../../src/client/rms-client.js';
import {
  coAllocate,
  defaultTimes,
  type NewCoAllocationRun,
  resumeFromLog,
  toLoggedSite,
} from '../../src/coordinator/co-allocate.js';
import type { CoAllocation } from '../../src/coordinator/co-allocation.js';
import { coRelease } from '../../src/coordinator/co-release.js';
import { createNsiSiteClient, type NsiSiteOptions } from '../../src/coordinator/nsi-site-client.js';
import { coAllocationRequestSchema } from '../../src/coordinator/request/co-allocation-request.js';
import type { SiteClient } from '../../src/coordinator/site-client.js';
import { silentLog } from '../../src/lib/log.js';
import { ConfigError, parseYaml } from '../../src/lib/yaml-config.js';
import { type CallbackService, startCallbackService } from '../../src/ws/callback-service.js';
import { createCallbackWriter } from '../../src/ws/nsi/callback-writer.js';
import { aggregator } from '../ws/nsi/nsi-messages.js';
import { reserveOf, vi } from '../ws/nsi/nsi-requests.js';
import { type NsiService, startNsi } from '../ws/nsi/nsi-service.js';

const nsaOf = (site: string): string => `urn:ogf:network:${site}.example:2026:nsa`;
const alice = { user: 'alice', password: 'wonderland' };

const requestText = (changes: { nsi?: string; cpus?: number; tokyo?: string; segment?: string } = {}): string => `
description: over two sites
segment: ${changes.segment ?? '{}'}
nsi: ${changes.nsi ?? `{ nsaId: '${aggregator}' }`}
sites:
  - name: tokyo
    url: http://tokyo.example/nsi/provider
    ${changes.tokyo ?? `nsi: { nsaId: '${nsaOf('tokyo')}' }`}
    gateway: 192.0.2.1
    externalPorts: [{ name: lan1, vlans: [0, 100] }]
    hosts: [{ mac: '52:54:00:00:01:01', ip: 10.1.0.101 }]
  - name: osaka
    url: http://osaka.example/nsi/provider
    nsi: { nsaId: '${nsaOf('osaka')}' }
    gateway: 192.0.2.2
    vms: [{ name: vm, count: 2, cpus: ${changes.cpus ?? 1}, memoryMiB: 256, diskGiB: 1, image: small, userData: secret }]
`;

describe('co-allocation over sites that are asked over NSI', () => {
  let folder: string;
  let sites: Record<'tokyo' | 'osaka', NsiService>;
  let inbox: CallbackInbox;
  let callbacks: CallbackService;
  const clients: (NsiClient | RmsClient)[] = [];
  let runs = 0;

  const startSite = async (site: string, peer: string, gateway: string): Promise<NsiService> => {
    const nsi = {
      nsaId: nsaOf(site),
      networkId: `urn:ogf:network:${site}.example:2026:iris`,
      requesters: [{ nsaId: aggregator, tenant: 'alpha' }],
    };
    const started = await startNsi({ site, nsi, peers: [{ site: peer, gateways: [gateway] }] });
    await started.startEngine({ callbackWriter: createCallbackWriter(nsaOf(site)) });
    return started;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-nsi-co-'));
    const tokyo = await startSite('tokyo', 'osaka', '192.0.2.2');
    sites = { tokyo, osaka: await startSite('osaka', 'tokyo', '192.0.2.1') };
    inbox = createCallbackInbox();
    callbacks = await startCallbackService({
      ...{ listen: '127.0.0.1:0', nsa: aggregator, callbacks: inbox, log: silentLog },
    });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  after(async () => {
    await callbacks?.stop();
    for (const site of Object.values(sites ?? {})) await site.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const keep = <C extends NsiClient | RmsClient>(client: C): C => {
    clients.push(client);
    return client;
  };
  const nsiSite = (
    name: 'tokyo' | 'osaka',
    options: Partial<NsiClientOptions>,
    changes: Partial<NsiSiteOptions> = {},
  ): SiteClient => {
    const url = new URL('/nsi/provider', sites[name].url).href;
    const provider = { nsaId: nsaOf(name) };
    const client = keep(createNsiClient({ url, provider, requesterNsa: aggregator, ...alice, ...options }));
    const asked = { autoProvision: true, terminateOnRelease: true, ...changes };
    return createNsiSiteClient({ name, client, nsaId: nsaOf(name), ...asked });
  };
  /** Nothing is found by looking for it: outcomes come by callback. */
  const called = (): Partial<NsiClientOptions> => ({
    callbacks: { inbox, replyTo: callbacks.url },
    lookMs: 3_600_000,
  });
  const polling = (): Partial<NsiClientOptions> => ({ pollMs: 50 });

  const waiting = {
    now: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const times = { ...defaultTimes, pollMs: 50 };
  function newRun(ofSites: Record<string, SiteClient>, text = requestText()): NewCoAllocationRun {
    const id = `00000000-0000-8000-8000-${String(++runs).padStart(12, '0')}`;
    return {
      ...{ id, request: parseYaml(text, coAllocationRequestSchema, 'request'), requestFile: '/nowhere' },
      ...{ clients: ofSites, logPath: join(folder, `${id}.jsonl`), now: () => new Date(), waiting, times },
      ...{ random: Math.random, onProgress: () => {} },
    };
  }
  const both = (options: Partial<NsiClientOptions>, changes: Partial<NsiSiteOptions> = {}) => ({
    tokyo: nsiSite('tokyo', options, changes),
    osaka: nsiSite('osaka', options, changes),
  });
  const alive = async (): Promise<number[]> => {
    const live = "SELECT 1 FROM reservation WHERE lifecycle_state = 'Created'";
    return [(await sites.tokyo.sql(live)).length, (await sites.osaka.sql(live)).length];
  };
  const shown = (site: 'tokyo' | 'osaka', connectionId: string) =>
    keep(createRmsClient({ url: sites[site].url, ...alice })).getReservation({ connectionId });

  async function end({ sites: reserved }: CoAllocation, options = called()): Promise<void> {
    const connections = Object.fromEntries(
      Object.entries(reserved).map(([site, { connectionId }]) => [site, connectionId!]),
    );
    const clients = both(options);
    const results = await coRelease({ connections, clients, operation: 'release', times, waiting, onSite: () => {} });
    assert.deepEqual(
      Object.values(results).map(({ outcome }) => outcome),
      ['terminated', 'terminated'],
    );
    assert.deepEqual(await alive(), [0, 0]);
  }

  for (const [way, options] of [
    ['called back', called],
    ['polling', polling],
  ] as const)
    it(`${way}: holds, commits and provisions at both, and takes both down`, async () => {
      const run = newRun(both(options()));
      const { state } = await coAllocate(run);
      assert.equal(state.outcome, 'provisioned', JSON.stringify(state));
      const [tokyo, osaka] = [
        await shown('tokyo', state.sites.tokyo!.connectionId!),
        await shown('osaka', state.sites.osaka!.connectionId!),
      ].map(({ reservation }) => reservation);
      assert.equal(tokyo!.globalReservationId, `urn:uuid:${run.id}`);
      assert.equal(osaka!.globalReservationId, tokyo!.globalReservationId);
      assert.deepEqual(osaka!.committed?.segment, tokyo!.committed?.segment);
      assert.deepEqual(tokyo!.committed?.peers, [{ site: 'osaka', gateway: '192.0.2.2' }]);
      assert.equal(osaka!.committed?.hosts[0]?.site, 'tokyo');
      assert.equal(osaka!.states.dataPlaneStatus.active, true);

      await end(state, options());
    });

  it('sites that are asked over rms and over NSI are co-allocated together', async () => {
    const tokyo = keep(createRmsClient({ url: sites.tokyo.url, ...alice }));
    const osaka = nsiSite('osaka', called());
    const text = requestText({ tokyo: 'user: alice' });
    const { state } = await coAllocate(newRun({ tokyo, osaka }, text));
    assert.equal(state.outcome, 'provisioned', JSON.stringify(state));
    await end(state);
  });

  it('a key that is taken somewhere is given up for another', async () => {
    const taken = vi({ segment: { key: 77, encapsulation: 'gre' }, vms: [] });
    const { connectionId } = await sites.osaka.ask('reserve', reserveOf([taken]), { providerNsa: nsaOf('osaka') });
    // The first key drawn is 77, the next is not.
    const draws = [76 / 0xffffff];
    const { state } = await coAllocate({ ...newRun(both(called())), random: () => draws.shift() ?? 0.5 });
    assert.deepEqual([state.outcome, state.refusedKeys], ['provisioned', [77]], JSON.stringify(state));
    await sites.osaka.ask('terminate', { connectionId }, { providerNsa: nsaOf('osaka') });
    await end(state);
  });

  it('what one site cannot give is held nowhere, and told with its reason', async () => {
    for (const options of [called(), polling()]) {
      const { state } = await coAllocate(newRun(both(options), requestText({ cpus: 99 })));
      const { fault } = state.sites.osaka!;
      assert.deepEqual([state.outcome, fault?.id, fault?.code], ['refused', '00705', 'CAPACITY_UNAVAILABLE']);
      assert.deepEqual(await alive(), [0, 0]);
    }
  });

  it('a decision that a site could not be told is told it later, by another process without the request file', async () => {
    const deaf = nsiSite('osaka', polling());
    const { commit } = deaf;
    let isDeaf = true;
    deaf.commit = async (request) => {
      if (isDeaf) throw new NsiConnectionError('http://osaka.example', 'no answer');
      return commit(request);
    };
    const run = newRun({ tokyo: nsiSite('tokyo', polling()), osaka: deaf });
    const hasty = { ...times, decided: { patienceMs: 200, firstDelayMs: 50, maxDelayMs: 50 } };
    const first = await coAllocate({ ...run, times: hasty });
    assert.deepEqual(
      first.notReached.map(({ site }) => site),
      ['osaka'],
    );
    isDeaf = false;
    // To a request that was served before no callback comes: its outcome is found by looking.
    const again = await resumeFromLog({ ...run, clients: both({ ...called(), lookMs: 100 }) });
    assert.equal(again?.state.outcome, 'provisioned', JSON.stringify(again));
    await end(again!.state);
  });

  it('a release that ended half way is given again, also by who had sent a release and no terminate', async () => {
    const { state } = await coAllocate(newRun(both(called())));
    assert.equal(state.outcome, 'provisioned', JSON.stringify(state));
    const ask = (site: 'tokyo' | 'osaka') =>
      sites[site].ask('release', { connectionId: state.sites[site]!.connectionId! }, { providerNsa: nsaOf(site) });
    await Promise.all([ask('tokyo'), ask('osaka')]);
    await end(state);
    await end(state);
  });

  it('what was committed and not provisioned yet is released all the same', async () => {
    const run = newRun(both(polling(), { autoProvision: false }));
    const { state } = await coAllocate({ ...run, times: { ...times, provisionPatienceMs: 0 } });
    assert.equal(state.outcome, 'provisionFailed', JSON.stringify(state));
    await end(state);
  });

  it('keys are drawn from those that the request says a site has', async () => {
    const text = requestText().replace(
      `nsi: { nsaId: '${nsaOf('osaka')}' }`,
      `nsi: { nsaId: '${nsaOf('osaka')}', segmentKeys: { from: 4000, to: 4001 } }`,
    );
    const run = newRun({}, text);
    const segmentKeys = run.request.sites[1]!.nsi!.segmentKeys;
    const osaka = nsiSite('osaka', polling(), { segmentKeys });
    const view = await osaka.getSite({});
    assert.deepEqual([view.segmentKeyFrom, view.segmentKeyTo], [4000, 4001]);
    const { state } = await coAllocate({ ...run, clients: { tokyo: nsiSite('tokyo', polling()), osaka } });
    assert(state.segmentKey === 4000 || state.segmentKey === 4001, JSON.stringify(state));
    await end(state);
  });

  it('the log has what is needed to go on over NSI, and no password', () => {
    const request = parseYaml(requestText(), coAllocationRequestSchema, 'request');
    assert.deepEqual(toLoggedSite(request, request.sites[0]!), {
      name: 'tokyo',
      url: 'http://tokyo.example/nsi/provider',
      user: undefined,
      nsi: { provider: nsaOf('tokyo'), requester: aggregator, autoProvision: true, terminateOnRelease: true },
    });
  });

  it('a request that lacks what NSI does not tell is refused, and says what', () => {
    const problemsOf = (text: string): string[] => {
      try {
        parseYaml(text, coAllocationRequestSchema, 'request');
        return [];
      } catch (error) {
        assert(error instanceof ConfigError);
        return error.problems.map(({ path }) => path);
      }
    };
    const text = requestText();
    assert.deepEqual(problemsOf(text), []);
    assert.deepEqual(problemsOf(text.replace(/\nnsi: .*/, '')), ['nsi', 'nsi']);
    assert.deepEqual(problemsOf(text.replace('    gateway: 192.0.2.1\n', '')), ['sites[0].gateway']);
    const tls = (callback: string) =>
      requestText({ nsi: `{ nsaId: '${aggregator}', callbacks: { listen: '127.0.0.1:0', ${callback} } }` });
    assert.deepEqual(problemsOf(tls('cert: c.pem')), [
      'nsi.callbacks',
      'sites[0].nsi.certificate',
      'sites[1].nsi.certificate',
    ]);
    assert.deepEqual(problemsOf(tls('cert: c.pem, key: c.key, ca: ca.pem')), [
      'sites[0].nsi.certificate',
      'sites[1].nsi.certificate',
    ]);
    const keys = (said: string) =>
      problemsOf(
        text.replace(`{ nsaId: '${nsaOf('tokyo')}' }`, `{ nsaId: '${nsaOf('tokyo')}', segmentKeys: ${said} }`),
      );
    assert.deepEqual(keys('{ from: 5, to: 5 }'), []);
    assert.deepEqual(keys('{ from: 5, to: 4 }'), ['sites[0].nsi.segmentKeys.to']);
    assert.deepEqual(keys('{ from: 0, to: 4 }'), ['sites[0].nsi.segmentKeys.from']);
    const files = 'cert: c.pem, key: c.key, ca: ca.pem';
    const at = (listen: string, more = '') =>
      problemsOf(tls(`${files}${more}`).replace('127.0.0.1:0', listen)).filter((path) => !path.startsWith('sites'));
    for (const anywhere of ['0.0.0.0:4711', '[::]:4711', '[0:0::0]:0'])
      assert.deepEqual(at(anywhere), ['nsi.callbacks.replyTo']);
    assert.deepEqual(at('0.0.0.0:4711', ", replyTo: 'https://acme.example:4711/nsi/requester'"), []);
    assert.deepEqual(at('192.0.2.9:4711'), []);
    assert.deepEqual(problemsOf(tls("replyTo: 'ftp://x'")), ['nsi.callbacks.replyTo']);
  });
});

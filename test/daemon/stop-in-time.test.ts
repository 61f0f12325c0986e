/** How long a daemon that stops waits for its engine: as long as the site file says, and no longer. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type DaemonParts, startDaemon } from '../../src/daemon/serve.js';
import type { Provider } from '../../src/domain/ports/provider.js';
import type { Store } from '../../src/domain/ports/store.js';
import { silentLog } from '../../src/lib/log.js';
import { sampleSite } from '../support/domain-samples.js';

describe('a daemon whose engine takes long to stop', () => {
  let closed: string[];
  let endEngine: () => void;
  const nothing = async (): Promise<void> => {};

  beforeEach(() => {
    closed = [];
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  const close = (what: string) => async () => void closed.push(what);
  const start = (stopSeconds: number) =>
    startDaemon({
      site: sampleSite({ reservations: { stopSeconds } }),
      log: silentLog,
      openDatabase: async () => ({ url: '', shown: '', close: close('database') }),
      openStore: async () => ({ close: close('store') }) as Partial<Store> as Store,
      createService: async () => ({
        provider: {} as Provider,
        engine: {
          start: nothing,
          stop: () =>
            new Promise<void>((resolve) => {
              endEngine = resolve;
            }),
          health: () => Promise.reject(new Error('not asked')),
        },
      }),
      createWeb: () => ({ start: async () => ({ url: '' }), stop: close('web') }),
    } satisfies DaemonParts);

  /** Whatever does not wait for the clock has happened. */
  async function pass(seconds: number): Promise<void> {
    await turn();
    mock.timers.tick(seconds * 1000);
    await turn();
  }

  it('waits for it as long as builds may take, and ends the rest then', async () => {
    const daemon = await start(600);
    const stopped = daemon.stop();
    await pass(601);
    assert.deepEqual(closed, ['web']);
    endEngine();
    await stopped;
    assert.deepEqual(closed, ['web', 'store', 'database']);
  });

  it('leaves it where it never ends', async () => {
    const daemon = await start(600);
    const stopped = daemon.stop();
    await pass(600 + 60);
    await stopped;
    assert.deepEqual(closed, ['web', 'store', 'database']);
  });
});

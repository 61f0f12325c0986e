/** A process's part in the site's lease, on a lease store that is told what to answer and when. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../src/domain/errors/driver-error.js';
import type { LeaseStore, ProcessView } from '../../src/domain/ports/site-lease.js';
import { silentLog } from '../../src/lib/log.js';
import { createSiteLease, type SiteLeaseKeeper } from '../../src/services/site-lease.js';

const leaseMs = 200;

describe('the part of a process in the site’s lease', () => {
  let keeper: SiteLeaseKeeper;
  let holds: number;
  afterEach(() => keeper.stop());

  async function start(hold: LeaseStore['hold']): Promise<void> {
    holds = 0;
    const view: ProcessView = {
      lease: { owner: 'us', generation: 1n, expired: false, ownerGone: false },
      processes: [],
      masters: [],
    };
    const nothing = async (): Promise<void> => {};
    const store: LeaseStore = {
      beat: async () => view,
      take: async () => undefined,
      hold: async (...asked) => {
        holds += 1;
        return hold(...asked);
      },
      raise: async () => undefined,
      ...{ noteMaster: nothing, freeClaims: nothing, forgetSilent: nothing, leave: nothing, close: nothing },
      onChange: () => {},
    };
    const self = { process: 'us', name: 'us', controllers: {} };
    keeper = createSiteLease({ store, self, log: silentLog, leaseMs });
    await keeper.start({ taken: () => {}, lost: () => {}, processesChanged: () => {} });
  }

  it('is sure where the database says so in time', async () => {
    await start(async () => true);
    assert.equal(await keeper.ensure(), 1n);
  });

  it('asks again where the answer came late', async () => {
    await start(async () => {
      if (holds === 1) await sleep(leaseMs);
      return true;
    });
    assert.equal(await keeper.ensure(), 1n);
    assert.equal(holds, 2);
  });

  it('gives up where every answer comes late, rather than asking for ever', async () => {
    await start(() => sleep(leaseMs, true));
    await assert.rejects(
      keeper.ensure(),
      (error) => error instanceof DriverError && error.errorClass === 'transient' && /too late/.test(error.message),
    );
    assert.equal(holds, 3);
  });

  it('is not sure where the lease is another’s', async () => {
    await start(async () => false);
    await assert.rejects(keeper.ensure(), /another process has the lease/);
  });
});

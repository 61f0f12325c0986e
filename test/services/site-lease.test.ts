/** A process's part in the site's lease, on a lease store that is told what to answer and when. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../src/domain/errors/driver-error.js';
import type { LeaseStore, ProcessView } from '../../src/domain/ports/site-lease.js';
import { silentLog } from '../../src/lib/log.js';
import { createSiteLease, type SiteLeaseKeeper } from '../../src/services/site-lease.js';
import { eventually } from '../support/eventually.js';

const leaseMs = 200;

describe('the part of a process in the site’s lease', () => {
  let keeper: SiteLeaseKeeper;
  let holds: number;
  /** Of another process, look by look; the last is that of all further ones. */
  let otherIsAlive: boolean[];
  let freed: (readonly string[])[];
  beforeEach(() => {
    otherIsAlive = [true];
    freed = [];
  });
  afterEach(() => keeper.stop());

  async function start(hold: LeaseStore['hold']): Promise<void> {
    holds = 0;
    const view: ProcessView = {
      lease: { owner: 'us', generation: 1n, expired: false, ownerGone: false },
      processes: [],
      masters: [],
    };
    const look = (): ProcessView => {
      const alive = otherIsAlive.length > 1 ? otherIsAlive.shift()! : otherIsAlive[0]!;
      const other = { process: 'them', name: 'them', controllers: {}, startedAt: new Date(0), alive };
      return { ...view, processes: [other] };
    };
    const nothing = async (): Promise<void> => {};
    const store: LeaseStore = {
      beat: async () => look(),
      take: async () => undefined,
      hold: async (...asked) => {
        holds += 1;
        return hold(...asked);
      },
      raise: async () => undefined,
      freeClaims: async (_process, gone) => void freed.push(gone),
      ...{ noteMaster: nothing, forgetSilent: nothing, leave: nothing, close: nothing },
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

  it('takes nothing from who lost its session and made it again', async () => {
    otherIsAlive = [false, true, false, true];
    await start(async () => true);
    await keeper.freeClaims();
    await eventually('all looks', async () => (otherIsAlive.length === 1 ? true : undefined));
    assert.deepEqual(freed, [[]]);
  });

  it('frees once what was begun by who is gone, also where that is found after the lease was taken', async () => {
    otherIsAlive = [false];
    await start(async () => true);
    await eventually('it is freed', async () => (freed.length > 0 ? true : undefined));
    await sleep(leaseMs);
    assert.deepEqual(freed, [['them']]);
    await keeper.freeClaims();
    assert.deepEqual(freed, [['them'], ['them']]);
  });

  it('is not sure where the lease is another’s', async () => {
    await start(async () => false);
    await assert.rejects(keeper.ensure(), /another process has the lease/);
  });
});

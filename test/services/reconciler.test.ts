/** A round that is kept from touching anything: what it writes of that is for the process that has the lease. */
import assert from 'node:assert/strict';
import { createReconciler, type ReconcilerOptions } from '../../src/services/reconciler.js';
import type { RestoreFence } from '../../src/services/restore-fence.js';
import type { SiteLeaseKeeper } from '../../src/services/site-lease.js';
import { createStrayNotes } from '../../src/services/strays.js';
import { createVmWatch } from '../../src/services/vm-watch.js';
import { sampleVm } from '../support/domain-samples.js';
import { call, openSite, request, reservationOf, type SiteUnderTest } from './site-under-test.js';

describe('a round that may touch nothing', () => {
  let iris: SiteUnderTest;
  let connectionId: string;
  let hasLease: boolean;
  beforeEach(async () => {
    iris = await openSite();
    ({ connectionId } = await iris.provider.reserve(call(), request({ vms: [sampleVm({ name: 'one' })] })));
    await iris.provider.commit(call(), connectionId);
    await iris.provider.provision(call(), connectionId);
    hasLease = true;
  });
  afterEach(() => iris.close());

  const lease = {
    async ensure() {
      if (!hasLease) throw new Error('another process has the lease');
      return 1n;
    },
  } as SiteLeaseKeeper;

  const reconcile = (pass: RestoreFence['pass']) =>
    createReconciler({ ...iris.context, lease }, {
      fence: { pass },
      watch: createVmWatch(iris.compute),
      strays: createStrayNotes(),
    } as Partial<ReconcilerOptions> as ReconcilerOptions)(connectionId);
  const fails = async (): Promise<never> => {
    throw new Error('the database is away');
  };
  const holdsBack = async (): Promise<undefined> => {};
  const note = async () => (await reservationOf(iris, connectionId)).errorEvent;

  it('notes what has never run, and why nothing was done', async () => {
    await assert.rejects(reconcile(fails), /the database is away/);
    const failed = (await note())!;
    assert.deepEqual([failed.text, failed.unbooted?.map(({ name }) => name)], ['the database is away', ['one']]);
  });

  it('says so where the nodes know more than the database', async () => {
    assert.deepEqual(await reconcile(holdsBack), { outcome: 'again' });
    assert.match((await note())!.text, /^nothing is built before the database is found to be as new as the nodes/);
  });

  for (const [what, pass] of Object.entries({ fails, holdsBack }))
    it(`notes nothing where another process has taken the lease meanwhile (${what})`, async () => {
      await assert.rejects(
        reconcile(async () => {
          hasLease = false;
          return pass();
        }),
      );
      assert.equal(await note(), undefined);
    });
});

/** The store outlives its PostgreSQL: the server ends and starts again, and work goes on. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/lib/log.js';
import { ensureDatabase } from '../../src/lib/postgres/databases.js';
import { startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { createStore } from '../../src/store/create-store.js';
import { migrate } from '../../src/store/migrate.js';
import { eventually } from '../support/eventually.js';
import { hold, holdInStore } from './fixtures.js';

describe('a restart of PostgreSQL', () => {
  it('loses nothing that was committed, repeats what was not, and is heard of by listeners', async function () {
    this.timeout(120_000);
    const directory = await mkdtemp(join(tmpdir(), 'iris-test-restart-'));
    const steps: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
    try {
      let postgres = await startEmbeddedPostgres({ directory, throwaway: true });
      steps.unshift(() => postgres.stop());
      const url = await ensureDatabase(postgres.url, 'restart');
      await migrate(url, silentLog);
      const store = await createStore({ url, log: silentLog });
      steps.unshift(() => store.close());
      await store.syncNodes([{ node: 'n1', cpus: 8, memoryMiB: 8192, diskGiB: 100 }]);
      const before = await holdInStore(store, { key: 1 });

      let attempts = 0;
      const during = await store.transaction(async (t) => {
        const made = await hold(t, { key: 2 });
        attempts += 1;
        if (attempts === 1) {
          await postgres.stop();
          assert.equal((await store.ping()).ok, false);
          postgres = await startEmbeddedPostgres({ directory, throwaway: true, port: postgres.port });
        }
        return made;
      });
      assert.equal(attempts, 2);
      assert.ok((await store.findReservation(before.connectionId)) !== undefined);
      const { reservations } = await store.listReservations({}, { limit: 10 });
      assert.deepEqual(
        reservations.map(({ connectionId }) => connectionId),
        [during.connectionId, before.connectionId],
      );

      let woken = 0;
      store.onWork(() => {
        woken += 1;
      });
      await eventually('the listener hears again', async () => {
        await store.transaction((t) =>
          t.scheduleWork([{ kind: 'reconcile', connectionId: randomUUID(), runAt: new Date() }]),
        );
        return woken > 0;
      });
    } finally {
      for (const step of steps) await step();
    }
  });
});

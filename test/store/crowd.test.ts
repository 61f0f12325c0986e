/** Many at once on few sessions: served in the order in which they came, and refused rather than kept waiting for ever. */
import assert from 'node:assert/strict';
import { Overload } from '../../src/domain/errors/overload.js';
import { silentLog } from '../../src/lib/log.js';
import { createStore } from '../../src/store/create-store.js';
import { openSession } from '../support/bypass.js';
import { cleanUp, holdInStore, storeWithNodes } from './fixtures.js';

describe('a crowd', () => {
  afterEach(cleanUp);

  it('of 64 that never rest is served evenly', async function () {
    const { store } = await storeWithNodes(this);
    const served = Array.from({ length: 64 }, () => 0);
    const total = 64 * 12;
    let begun = 0;
    const askOn = async (client: number): Promise<void> => {
      while (begun < total) {
        begun += 1;
        await store.transaction((t) => t.now());
        served[client]! += 1;
      }
    };
    await Promise.all(served.map((_, client) => askOn(client)));
    // First come, first served: nobody is more than a session's turn or two ahead, whatever the machine does meanwhile.
    assert.ok(Math.max(...served) - Math.min(...served) <= 6, `${served}`);
  });

  it('that finds no session in time is refused, and so is who finds a reservation locked; afterwards all is well', async function () {
    const { url, store: roomy } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(roomy);
    const store = await createStore({ url, log: silentLog, poolSize: 1, waitMs: 2_500 });
    const session = await openSession(url);
    try {
      await session.query('BEGIN');
      await session.query('SELECT FROM reservation WHERE connection_id = $1 FOR UPDATE', [connectionId]);
      const lock = () => store.transaction((t) => t.lockReservation(connectionId));
      await assert.rejects(lock(), Overload);
      let letGo = () => {};
      const busy = store.transaction(
        () =>
          new Promise<void>((resolve) => {
            letGo = resolve;
          }),
      );
      try {
        await assert.rejects(
          store.transaction((t) => t.now()),
          Overload,
        );
      } finally {
        letGo();
      }
      await busy;
      await session.query('ROLLBACK');
      assert.equal((await lock()).reservation?.connectionId, connectionId);
    } finally {
      await session.end();
      await store.close();
    }
  });
});

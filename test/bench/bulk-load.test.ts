/** What is stored in bulk is stored under the very constraints of the migrations. */
import assert from 'node:assert/strict';
import { loadInBulk } from '../../bench/cycle/bulk-load.js';
import { storeReservations } from '../../bench/cycle/stored.js';
import { withSessions } from '../support/bypass.js';
import { testDatabase } from '../support/postgres.js';

const addNode = `INSERT INTO node (node, cpus, memory_mib, disk_gib) VALUES ('n1', 100, 100000, 100)`;
const silently = (): void => {};

describe('reservations stored in bulk', function () {
  this.timeout(60_000);

  it('stand under the same indexes and constraints, checked', async () => {
    await withSessions(await testDatabase(), 1, async ([session]) => {
      await session!.query(addNode);
      const steps: string[] = [];
      await storeReservations(session!, 3, 1, (step) => steps.push(step));
      assert.ok(steps.includes('segment_allocation_by_one'), `put back: ${steps}`);
      const { rows } = await session!.query('SELECT count(*)::integer AS stored FROM segment_allocation');
      assert.deepEqual(rows, [{ stored: 3 }]);
      // Of the key of one, another's: version 2 of the next reservation, for ever.
      const again = `INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period)
        SELECT lead(connection_id) OVER (ORDER BY segment_key), 2, encapsulation, segment_key, '[2000-01-01,)' FROM segment_allocation LIMIT 1`;
      await assert.rejects(session!.query(again), ({ code }: { code?: string }) => code === '23P01');
    });
  });

  it('are refused whole where they break a constraint', async () => {
    await withSessions(await testDatabase(), 1, async ([session]) => {
      const orphan = `INSERT INTO history (connection_id, machine, from_state, to_state, asked_by)
        VALUES ('nobody', 'reservation', 'ReserveStart', 'ReserveChecking', 'nobody')`;
      await assert.rejects(
        loadInBulk(session!, { orphan }, silently),
        ({ constraint }: { constraint?: string }) => constraint === 'history_of_reservation',
      );
      await session!.query('ROLLBACK');
      const { rows } = await session!.query('SELECT count(*)::integer AS entries FROM history');
      assert.deepEqual(rows, [{ entries: 0 }]);
    });
  });

  it('are refused where the catalogue would not be as it was', async () => {
    await withSessions(await testDatabase(), 1, async ([session]) => {
      const drop = 'DROP TRIGGER node_allocation_guard_insert ON node_allocation';
      await assert.rejects(
        loadInBulk(session!, { drop }, silently),
        /not as the migrations.*\n- trigger .*node_allocation_guard_insert/s,
      );
    });
  });
});

/** The database itself refuses to promise more than an STP carries, per direction and over time: sessions that bypass the service, at once. */
import assert from 'node:assert/strict';
import { IrisError } from '../../src/domain/errors/iris-error.js';
import { barrier, codeOf, decide, insertBareReservation, isolationLevels, withSessions } from '../support/bypass.js';
import { testDatabase } from '../support/postgres.js';
import { cleanUp, storeWithNodes } from './fixtures.js';

const insertSql = `
  INSERT INTO stp_allocation (connection_id, version, stp, direction, capacity_mbit, period) VALUES ($1, $2, $3, $4, $5, $6)`;
const always = '[2030-01-01,)';

async function databaseWithStps(): Promise<string> {
  const url = await testDatabase();
  await withSessions(url, 1, ([session]) =>
    session!.query("INSERT INTO stp (stp, capacity_mbit) VALUES ('lan1', 1000), ('peer+tokyo', 1000)"),
  );
  return url;
}

async function race(url: string, level: (typeof isolationLevels)[number], statements: [string, unknown[]][]) {
  return withSessions(url, statements.length, async (sessions) => {
    const together = barrier(sessions.length);
    return Promise.all(
      sessions.map(async (session, index) => {
        const connectionId = await insertBareReservation(session);
        const [sql, values] = statements[index]!;
        return decide(session, level, sql, [connectionId, ...values], together);
      }),
    );
  });
}

const countOf = (outcomes: string[], outcome: string) => outcomes.filter((one) => one === outcome).length;

for (const level of isolationLevels)
  describe(`promises of an STP at ${level}`, () => {
    it('are made to as many as it carries', async () => {
      const url = await databaseWithStps();
      const outcomes = await race(
        url,
        level,
        Array.from({ length: 6 }, () => [insertSql, [1, 'lan1', 'in', 400, always]]),
      );
      assert.equal(countOf(outcomes, 'done'), 2, `${outcomes}`);
      assert.equal(countOf(outcomes, 'IR707'), 4, `${outcomes}`);
    });

    it('are decided between sessions that name the same STPs in opposite order', async () => {
      const url = await databaseWithStps();
      const both = (first: string, second: string): [string, unknown[]] => [
        `INSERT INTO stp_allocation (connection_id, version, stp, direction, capacity_mbit, period)
         VALUES ($1, 1, $2, 'in', 600, $4), ($1, 1, $3, 'in', 600, $4)`,
        [first, second, always],
      ];
      const [there, back] = [both('lan1', 'peer+tokyo'), both('peer+tokyo', 'lan1')];
      const outcomes = await race(url, level, [there, back, there, back]);
      assert.equal(countOf(outcomes, 'done'), 1, `${outcomes}`);
      assert.equal(countOf(outcomes, 'IR707'), 3, `${outcomes}`);
    });
  });

describe('the capacity guard of STPs', () => {
  afterEach(cleanUp);

  const refuses = (promise: Promise<unknown>) =>
    assert.rejects(promise, (error) => {
      assert.equal(codeOf(error), 'IR707', `${error}`);
      return true;
    });

  it('counts each direction for itself, and two versions of one reservation as their maximum', async () => {
    const url = await databaseWithStps();
    await withSessions(url, 1, async ([session]) => {
      const one = await insertBareReservation(session!);
      await session!.query(insertSql, [one, 1, 'lan1', 'in', 700, always]);
      await session!.query(insertSql, [one, 1, 'lan1', 'out', 1000, always]);
      await session!.query(insertSql, [one, 2, 'lan1', 'in', 900, '[2030-06-01,)']);
      const other = await insertBareReservation(session!);
      await session!.query(insertSql, [other, 1, 'lan1', 'in', 300, '[2030-01-01,2030-06-01)']);
      await refuses(session!.query(insertSql, [other, 2, 'lan1', 'in', 101, '[2030-06-01,2030-07-01)']));
      await session!.query(insertSql, [other, 2, 'lan1', 'in', 100, '[2030-06-01,2030-07-01)']);
    });
  });

  it('says in its detail which STP lacks what, and refuses an update that takes more', async () => {
    const url = await databaseWithStps();
    await withSessions(url, 1, async ([session]) => {
      const id = await insertBareReservation(session!);
      await assert.rejects(
        session!.query(insertSql, [id, 1, 'lan1', 'out', 1001, always]),
        (error: { detail?: string }) => {
          assert.deepEqual(JSON.parse(error.detail ?? ''), [
            { stp: 'lan1', direction: 'out', capacityMbit: 1000, peakMbit: 1001 },
          ]);
          return true;
        },
      );
      await session!.query(insertSql, [id, 1, 'lan1', 'out', 1000, always]);
      await refuses(session!.query('UPDATE stp_allocation SET capacity_mbit = 1001 WHERE connection_id = $1', [id]));
    });
  });

  it('keeps the site file from lowering or removing what is promised, and names who holds it', async function () {
    const { url, store } = await storeWithNodes(this);
    await store.syncStps([
      { stp: 'lan1', capacityMbit: 1000 },
      { stp: 'lan2', capacityMbit: 10 },
    ]);
    const connectionId = await withSessions(url, 1, async ([session]) => {
      const id = await insertBareReservation(session!);
      await session!.query(insertSql, [id, 1, 'lan1', 'in', 600, always]);
      return id;
    });
    const isHeld = (error: unknown) => {
      assert.ok(error instanceof IrisError, `${error}`);
      assert.equal(error.kindName, 'capacityUnavailable');
      assert.deepEqual({ ...error.variables }, { stp: 'lan1', heldBy: connectionId });
      return true;
    };
    await assert.rejects(store.syncStps([{ stp: 'lan1', capacityMbit: 599 }]), isHeld);
    await assert.rejects(store.syncStps([]), isHeld);
    await store.syncStps([{ stp: 'lan1', capacityMbit: 600 }]);
  });
});

/** The database itself refuses overbooking: sessions that bypass the service, at once, at every isolation level. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type pg from 'pg';
import {
  barrier,
  codeOf,
  decide,
  type IsolationLevel,
  insertBareReservation,
  isolationLevels,
  withSessions,
} from '../support/bypass.js';
import { testDatabase } from '../support/postgres.js';

const insertAllocation = `
  INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
  VALUES ($1, $2, $3, 1, $4, 0, 0, $5)`;
const always = '[2030-01-01,)';

async function databaseWithNodes(): Promise<string> {
  const url = await testDatabase();
  await withSessions(url, 1, ([session]) =>
    session!.query(
      "INSERT INTO node (node, cpus, memory_mib, disk_gib) VALUES ('n1', 8, 100, 100), ('n2', 8, 100, 100)",
    ),
  );
  return url;
}

/** Every session makes a reservation of its own, and then all of them ask at the same instant. */
async function race(url: string, level: IsolationLevel, statements: ((connectionId: string) => [string, unknown[]])[]) {
  return withSessions(url, statements.length, async (sessions) => {
    const together = barrier(sessions.length);
    return Promise.all(
      sessions.map(async (session, index) => {
        const [sql, values] = statements[index]!(await insertBareReservation(session));
        return decide(session, level, sql, values, together);
      }),
    );
  });
}

const peakOf = async (session: pg.Client, node: string): Promise<number> => {
  const { rows } = await session.query('SELECT cpus FROM peak_allocated(ARRAY[$1], $2)', [node, always]);
  return Number(rows[0]?.cpus ?? 0);
};

const countOf = (outcomes: string[], outcome: string) => outcomes.filter((one) => one === outcome).length;

for (const level of isolationLevels) {
  describe(`overbooking at ${level}`, () => {
    it('lets as many allocations through as the node has room for', async () => {
      const url = await databaseWithNodes();
      const outcomes = await race(
        url,
        level,
        Array.from({ length: 6 }, () => (id: string): [string, unknown[]] => [
          insertAllocation,
          [id, 1, 'n1', 3, always],
        ]),
      );
      assert.equal(countOf(outcomes, 'done'), 2, `${outcomes}`);
      assert.equal(countOf(outcomes, 'IR705'), 4, `${outcomes}`);
      assert.equal(await withSessions(url, 1, ([session]) => peakOf(session!, 'n1')), 6);
    });

    it('decides between sessions that name the same nodes in opposite order', async () => {
      const url = await databaseWithNodes();
      const onBoth =
        (first: string, second: string) =>
        (id: string): [string, unknown[]] => [
          `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
         VALUES ($1, 1, $2, 1, 5, 0, 0, $4), ($1, 1, $3, 1, 5, 0, 0, $4)`,
          [id, first, second, always],
        ];
      const outcomes = await race(url, level, [
        onBoth('n1', 'n2'),
        onBoth('n2', 'n1'),
        onBoth('n1', 'n2'),
        onBoth('n2', 'n1'),
      ]);
      assert.equal(countOf(outcomes, 'done'), 1, `${outcomes}`);
      assert.equal(countOf(outcomes, 'IR705'), 3, `${outcomes}`);
    });

    it('decides between an allocation and a lowering of the node', async () => {
      const url = await databaseWithNodes();
      const outcomes = await race(url, level, [
        (id) => [insertAllocation, [id, 1, 'n1', 6, always]],
        () => ["UPDATE node SET cpus = 4 WHERE node = 'n1'", []],
      ]);
      assert.equal(countOf(outcomes, 'done'), 1, `${outcomes}`);
      assert.equal(countOf(outcomes, 'IR705'), 1, `${outcomes}`);
    });

    const labels: Record<string, [string, unknown[]]> = {
      'a segment key': [
        "INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period) VALUES ($1, 1, 'gre', 7, $2)",
        [always],
      ],
      'a VLAN of an external port': [
        "INSERT INTO external_port_allocation (connection_id, version, port, vlan, period) VALUES ($1, 1, 'lan1', 10, $2)",
        [always],
      ],
      'a MAC in a segment': [
        `INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period)
         VALUES ($1, 1, 'gre', 7, '52:54:00:00:00:01', $2)`,
        [always],
      ],
    };
    for (const [label, [sql, values]] of Object.entries(labels))
      it(`gives ${label} to one`, async () => {
        const url = await databaseWithNodes();
        const outcomes = await race(
          url,
          level,
          Array.from({ length: 5 }, () => (id: string): [string, unknown[]] => [sql, [id, ...values]]),
        );
        assert.equal(countOf(outcomes, 'done'), 1, `${outcomes}`);
        assert.equal(countOf(outcomes, '23P01'), 4, `${outcomes}`);
      });
  });
}

describe('the capacity guard', () => {
  const refuses = (promise: Promise<unknown>) =>
    assert.rejects(promise, (error) => {
      assert.equal(codeOf(error), 'IR705', `${error}`);
      return true;
    });

  it('counts two versions of one reservation as their maximum', async () => {
    const url = await databaseWithNodes();
    await withSessions(url, 1, async ([session]) => {
      const id = await insertBareReservation(session!);
      await session!.query(insertAllocation, [id, 1, 'n1', 5, always]);
      await session!.query(insertAllocation, [id, 2, 'n1', 8, '[2030-06-01,)']);
      assert.equal(await peakOf(session!, 'n1'), 8);
      const other = await insertBareReservation(session!);
      await session!.query(insertAllocation, [other, 1, 'n1', 3, '[2030-01-01,2030-06-01)']);
      await refuses(session!.query(insertAllocation, [other, 2, 'n1', 1, '[2030-06-01,2030-07-01)']));
    });
  });

  it('refuses an update that takes more, or moves into a full time', async () => {
    const url = await databaseWithNodes();
    await withSessions(url, 1, async ([session]) => {
      const full = await insertBareReservation(session!);
      await session!.query(insertAllocation, [full, 1, 'n1', 6, '[2030-01-01,2030-02-01)']);
      const other = await insertBareReservation(session!);
      await session!.query(insertAllocation, [other, 1, 'n1', 4, '[2030-02-01,2030-03-01)']);
      await refuses(session!.query('UPDATE node_allocation SET cpus = 9 WHERE connection_id = $1', [other]));
      await refuses(
        session!.query("UPDATE node_allocation SET period = '[2030-01-31,2030-03-01)' WHERE connection_id = $1", [
          other,
        ]),
      );
      await session!.query('UPDATE node_allocation SET cpus = 8 WHERE connection_id = $1', [other]);
    });
  });

  it('says in its detail which nodes lack what', async () => {
    const url = await databaseWithNodes();
    await withSessions(url, 1, async ([session]) => {
      const id = await insertBareReservation(session!);
      const asked = session!.query(
        `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
         VALUES ($1, 1, 'n1', 1, 9, 0, 0, $2), ($1, 1, 'n2', 1, 1, 200, 0, $2)`,
        [id, always],
      );
      await assert.rejects(asked, (error: { detail?: string }) => {
        assert.deepEqual(JSON.parse(error.detail ?? ''), [
          { node: 'n1', resource: 'cpus', capacity: 8, peak: 9 },
          { node: 'n2', resource: 'memoryMiB', capacity: 100, peak: 200 },
        ]);
        return true;
      });
    });
  });

  it('finds the peak that counting hour by hour finds', async () => {
    const url = await databaseWithNodes();
    const allocation = fc.record({
      reservation: fc.nat(3),
      version: fc.integer({ min: 1, max: 2 }),
      from: fc.nat(20),
      hours: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
      cpus: fc.nat(9),
    });
    type Allocation = typeof allocation extends fc.Arbitrary<infer A> ? A : never;
    const hour = (n: number) => new Date(Date.UTC(2030, 0, 1, n)).toISOString();
    const periodOf = ({ from, hours }: Allocation) =>
      `[${hour(from)},${hours === undefined ? '' : hour(from + hours)})`;
    const levelAt = (allocations: Allocation[], at: number) => {
      const own = new Map<number, number>();
      for (const a of allocations)
        if (a.from <= at && (a.hours === undefined || at < a.from + a.hours))
          own.set(a.reservation, Math.max(own.get(a.reservation) ?? 0, a.cpus));
      return [...own.values()].reduce((sum, cpus) => sum + cpus, 0);
    };
    await withSessions(url, 1, async ([session]) => {
      await session!.query("UPDATE node SET cpus = 1000 WHERE node = 'n1'");
      const ids: string[] = [];
      for (let index = 0; index < 4; index += 1) ids.push(await insertBareReservation(session!));
      const oneEach = fc.uniqueArray(allocation, { maxLength: 8, selector: (a) => `${a.reservation} ${a.version}` });
      await fc.assert(
        fc.asyncProperty(oneEach, fc.nat(20), fc.integer({ min: 1, max: 12 }), async (allocations, from, hours) => {
          await session!.query('DELETE FROM node_allocation');
          for (const a of allocations)
            await session!.query(insertAllocation, [ids[a.reservation], a.version, 'n1', a.cpus, periodOf(a)]);
          const { rows } = await session!.query("SELECT cpus FROM peak_allocated(ARRAY['n1'], $1)", [
            `[${hour(from)},${hour(from + hours)})`,
          ]);
          const instants = Array.from({ length: hours }, (_, index) => from + index);
          const expected = Math.max(...instants.map((at) => levelAt(allocations, at)));
          assert.equal(Number(rows[0]?.cpus ?? 0), expected);
        }),
        { numRuns: 60 },
      );
    });
  });
});

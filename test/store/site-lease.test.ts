/** The site's lease in the database: had by one, by the database's clock, and never in an older generation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { LeaseStore, NewProcess } from '../../src/domain/ports/site-lease.js';
import { silentLog } from '../../src/lib/log.js';
import { createLeaseStore } from '../../src/store/site-lease.js';
import { codeOf, withSessions } from '../support/bypass.js';
import { eventually } from '../support/eventually.js';
import { cleanUp, storeWithNodes } from './fixtures.js';

const leaseMs = 60_000;

interface Process extends LeaseStore {
  self: NewProcess;
}

describe("the site's lease", () => {
  afterEach(cleanUp);

  async function open(context: Mocha.Context, count: number) {
    const { url, store } = await storeWithNodes(context);
    const processes = await Promise.all(
      Array.from({ length: count }, async (_, index): Promise<Process> => {
        const opened = await createLeaseStore(url, silentLog);
        (context as { cleanUp?: (() => Promise<void>)[] }).cleanUp!.push(() => opened.close());
        const name = `p${index}`;
        return { ...opened, self: { process: randomUUID(), name, controllers: { n1: `unix:/${name}` } } };
      }),
    );
    for (const process of processes) await process.beat(process.self, leaseMs);
    const sql = (text: string, values: unknown[] = []) =>
      withSessions(url, 1, async ([session]) => (await session!.query(text, values)).rows);
    return { store, processes, sql };
  }

  const expire = "UPDATE site_lease SET expires_at = now() - interval '1 second'";

  it('is taken by one of many that ask at once', async function () {
    const { processes } = await open(this, 6);
    const taken = await Promise.all(processes.map((p) => p.take(p.self.process, leaseMs, undefined)));
    assert.deepEqual(
      taken.filter((generation) => generation !== undefined),
      [1n],
    );
    const owner = processes[taken.indexOf(1n)]!;
    const { lease } = await processes[0]!.beat(processes[0]!.self, leaseMs);
    assert.deepEqual(lease, { owner: owner.self.process, generation: 1n, expired: false, ownerGone: false });
  });

  it('is held until another takes it, also past its time; what is held is for a while yet', async function () {
    const { processes, sql } = await open(this, 2);
    const [one, two] = processes as [Process, Process];
    await one.take(one.self.process, leaseMs, undefined);
    await sql(expire);
    assert.equal(await one.hold(one.self.process, 1n, leaseMs), true, 'nobody has taken it');
    assert.equal(await two.take(two.self.process, leaseMs, undefined), undefined, 'it was renewed by that');
    await sql(expire);
    assert.equal(await two.take(two.self.process, leaseMs, undefined), 2n);
    assert.equal(await one.hold(one.self.process, 1n, leaseMs), false);
    assert.equal(await two.hold(two.self.process, 2n, leaseMs), true);
    assert.equal(await one.raise(one.self.process, 100n), undefined);
  });

  it('is free at once when its owner’s session has ended, or has given it back', async function () {
    const { processes } = await open(this, 2);
    const [one, two] = processes as [Process, Process];
    await one.take(one.self.process, leaseMs, undefined);
    await one.close();
    const { lease } = await eventually('its session to end', async () => {
      const view = await two.beat(two.self, leaseMs);
      return view.lease.ownerGone && view;
    });
    assert.equal(await two.take(two.self.process, leaseMs, lease.generation - 1n), undefined, 'of another generation');
    assert.equal(await two.take(two.self.process, leaseMs, lease.generation), 2n);
    await two.leave(two.self.process);
    assert.equal(await two.take(two.self.process, leaseMs, undefined), 3n);
  });

  it('is raised above what a switch has seen, and never goes back', async function () {
    const { processes, sql } = await open(this, 1);
    const [one] = processes as [Process];
    await one.take(one.self.process, leaseMs, undefined);
    assert.equal(await one.raise(one.self.process, 41n), 42n);
    assert.equal(await one.hold(one.self.process, 1n, leaseMs), false);
    const refused = (statement: string) =>
      assert.rejects(sql(statement), (error) => codeOf(error) === 'IR101', statement);
    await refused('UPDATE site_lease SET generation = 41');
    await refused('UPDATE site_lease SET owner = gen_random_uuid()');
  });

  it('a process that comes back takes the place of the one at its addresses that is gone', async function () {
    const { processes } = await open(this, 2);
    const [one, two] = processes as [Process, Process];
    await one.close();
    await eventually('its session to end', async () => {
      const { processes: known } = await two.beat(two.self, leaseMs);
      return known.some(({ alive }) => !alive);
    });
    const again = { ...two.self, process: randomUUID(), controllers: one.self.controllers };
    const { processes: known } = await two.beat(again, leaseMs);
    assert.deepEqual(known.map(({ process }) => process).sort(), [two.self.process, again.process].sort());
  });

  it('callbacks of processes that are gone may be claimed again, and who waits for some is woken', async function () {
    const { store, processes, sql } = await open(this, 3);
    const [one, two, gone] = processes as [Process, Process, Process];
    let woken = 0;
    store.onCallback(() => {
      woken += 1;
    });
    const ids: Record<string, string> = {};
    for (const { self } of processes) {
      const [row] = await sql(
        `INSERT INTO outbox (requester_nsa, destination, reply_to, correlation_id, kind, message, locked_by, locked_until, attempts)
         VALUES ('urn:a', 'http://192.0.2.1', 'http://192.0.2.1/', 'urn:uuid:1', 'error', '{}', $1, now() + interval '1 hour', 1) RETURNING id`,
        [self.process],
      );
      ids[self.process] = row!.id;
    }
    await gone.close();
    await eventually('its session to end', async () => {
      const { processes: known } = await one.beat(one.self, leaseMs);
      return known.some(({ alive }) => !alive);
    });
    const claims = () => sql('SELECT id, locked_by FROM outbox ORDER BY id');
    const before = await claims();
    await one.freeClaims(one.self.process, []);
    assert.deepEqual(await claims(), before, 'a session that was lost may be made again');
    await one.freeClaims(one.self.process, [gone.self.process]);
    assert.deepEqual(await claims(), [
      { id: ids[one.self.process], locked_by: one.self.process },
      { id: ids[two.self.process], locked_by: two.self.process },
      { id: ids[gone.self.process], locked_by: null },
    ]);
    await eventually('those who send to be woken', async () => woken > 0);
  });

  it('work of processes that are gone may be claimed again; of reconciling, all that is another’s', async function () {
    const { store, processes } = await open(this, 3);
    const [one, two, gone] = processes as [Process, Process, Process];
    const runAt = new Date(0);
    const work = (['endTime', 'reconcile'] as const).map((kind) => ({ kind, connectionId: randomUUID(), runAt }));
    const others = { kind: 'endTime' as const, connectionId: randomUUID(), runAt };
    await store.transaction((t) => t.scheduleWork(work));
    await store.claimWork(gone.self.process, 1, leaseMs, ['endTime']);
    await store.claimWork(two.self.process, 1, leaseMs, ['reconcile']);
    await store.transaction((t) => t.scheduleWork([others]));
    await store.claimWork(two.self.process, 1, leaseMs);
    await gone.close();
    await eventually('its session to end', async () => {
      const { processes: known } = await one.beat(one.self, leaseMs);
      return known.some(({ alive }) => !alive);
    });
    await one.freeClaims(one.self.process, [gone.self.process]);
    const claimed = await store.claimWork(one.self.process, 10, leaseMs);
    assert.deepEqual(
      claimed.map(({ connectionId }) => connectionId).sort(),
      work.map(({ connectionId }) => connectionId).sort(),
    );
  });
});

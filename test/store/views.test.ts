/** What an administrator sees: right, without secrets, and with a role that can do nothing but look. */
import assert from 'node:assert/strict';
import type pg from 'pg';
import { silentLog } from '../../src/lib/log.js';
import { migrate } from '../../src/store/migrate.js';
import { codeOf, withSessions } from '../support/bypass.js';
import { at, cleanUp, holdInStore, storeWithNodes, versionOf } from './fixtures.js';

const insufficientPrivilege = '42501';
/** Views that join or sum cannot be written to by anybody. */
const notUpdatable = '55000';

/** The administrator's session, with only the rights of iris_reader. */
async function asReader<T>(url: string, use: (session: pg.Client) => Promise<T>): Promise<T> {
  return withSessions(url, 1, async ([session]) => {
    await session!.query('SET SESSION AUTHORIZATION iris_reader');
    return use(session!);
  });
}

const relations = async (session: pg.Client, kind: 'r' | 'v'): Promise<string[]> => {
  const { rows } = await session.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = $1 ORDER BY relname",
    [kind],
  );
  return rows.map(({ relname }) => relname);
};

describe('views', () => {
  afterEach(cleanUp);

  it('show reservations, VMs, loads and labels', async function () {
    const { url, store } = await storeWithNodes(this);
    const reservation = await holdInStore(store, {
      key: 7,
      cpus: { n1: 2 },
      externalPorts: [{ name: 'lan1', node: 'gw', vlans: [10] }],
    });
    const { connectionId } = reservation;
    await store.transaction(async (t) => {
      await t.commitVersion(connectionId, 1, 'dropped');
      await t.recordTurn(connectionId, {
        transitions: [{ connectionId, machine: 'reservation', from: 'ReserveHeld', to: 'ReserveStart', by: 'alice' }],
      });
    });
    await store.transaction((t) =>
      t.holdVersion(connectionId, versionOf(reservation, { version: 2, key: 7, cpus: { n1: 3 } }), at(1)),
    );
    await asReader(url, async (session) => {
      const one = async (sql: string, values: unknown[] = []) => (await session.query(sql, values)).rows;
      assert.deepEqual(
        await one('SELECT tenant, version_in_force, version_held, segment_key, starts_at, ends_at FROM reservations'),
        [{ tenant: 'alpha', version_in_force: 1, version_held: 2, segment_key: 7, starts_at: at(0), ends_at: at(10) }],
      );
      assert.deepEqual(await one("SELECT node, vm, macs, ips, ports FROM vms WHERE version_state = 'committed'"), [
        { node: 'n1', vm: 'vm-0', macs: ['52:54:00:00:00:00'], ips: ['10.0.0.1'], ports: ['iris1-0'] },
      ]);
      assert.deepEqual(await one('SELECT node, vms, cpus, cpus_total FROM node_load_at($1)', [at(1)]), [
        { node: 'n1', vms: '1', cpus: '3', cpus_total: 8 },
        { node: 'n2', vms: '0', cpus: '0', cpus_total: 8 },
      ]);
      assert.deepEqual(await one('SELECT node, cpus FROM node_load_now'), [
        { node: 'n1', cpus: '0' },
        { node: 'n2', cpus: '0' },
      ]);
      assert.deepEqual(await one('SELECT kind, label FROM labels_held WHERE version = 1 ORDER BY kind'), [
        { kind: 'MAC', label: 'gre 7 52:54:00:00:00:00' },
        { kind: 'external port VLAN', label: 'lan1 10' },
        { kind: 'segment key', label: 'gre 7' },
      ]);
      assert.deepEqual(await one('SELECT machine, from_state, to_state, asked_by FROM transitions'), [
        { machine: 'reservation', from_state: 'ReserveHeld', to_state: 'ReserveStart', asked_by: 'alice' },
      ]);
    });
  });

  it('show no user data, in any row of any view', async function () {
    const { url, store } = await storeWithNodes(this);
    const { connectionId } = await holdInStore(store);
    await store.transaction((t) => t.commitVersion(connectionId, 1, 'dropped'));
    await asReader(url, async (session) => {
      const views = await relations(session, 'v');
      assert.ok(views.includes('vms'));
      for (const view of views) {
        const { rows } = await session.query(`SELECT * FROM ${view}`);
        assert.ok(!JSON.stringify(rows).includes('with-a-secret'), view);
      }
    });
  });

  it('are all that iris_reader may read; it may write nothing', async function () {
    const { url, store } = await storeWithNodes(this);
    await migrate(url, silentLog); // Rights on the database itself are not copied from its template.
    await holdInStore(store);
    await asReader(url, async (session) => {
      const refuses = (sql: string, refusals = [insufficientPrivilege]) =>
        assert.rejects(
          session.query(sql),
          (error) => {
            assert.ok(refusals.includes(codeOf(error) ?? ''), `${sql}: ${error}`);
            return true;
          },
          sql,
        );
      const tables = await relations(session, 'r');
      assert.ok(tables.length >= 14);
      for (const table of tables) {
        await refuses(`SELECT FROM ${table}`);
        await refuses(`DELETE FROM ${table}`);
        await refuses(`TRUNCATE ${table}`);
      }
      for (const view of await relations(session, 'v'))
        await refuses(`DELETE FROM ${view}`, [insufficientPrivilege, notUpdatable]);
      await refuses("INSERT INTO work (kind, connection_id, run_at) VALUES ('reconcile', 'x', now())");
      await refuses('CREATE TABLE mine (a integer)');
      await refuses('CREATE TEMPORARY TABLE mine (a integer)');
      await refuses("SELECT nextval('vi_number')");
      await refuses('SELECT prune_history(now())');
      await refuses("SELECT lock_reservation('x')");
    });
  });
});

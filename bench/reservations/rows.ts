/**
 * The rows of a cycle by plain prepared statements, one for each table, in the same three transactions: what any program that keeps
 * reservations in these tables must write. Nothing is checked, placed or read; the database's own guards hold as ever.
 */
import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { nic, vm } from '../cycle/messages.js';
import { nodeName, tenant } from '../cycle/site.js';

export interface Wanted {
  key: number;
  start: string;
  end: string;
}

type Run = (name: string, text: string, values: unknown[]) => Promise<pg.QueryResult>;
type Change = readonly [machine: string, from: string, to: string, by: string];

const by = tenant.user;
const reserved: Change[] = [
  ['reservation', 'ReserveStart', 'ReserveChecking', by],
  ['reservation', 'ReserveChecking', 'ReserveHeld', 'engine'],
];
const committed: Change[] = [
  ['reservation', 'ReserveHeld', 'ReserveCommitting', by],
  ['reservation', 'ReserveCommitting', 'ReserveStart', 'engine'],
  ['provision', 'none', 'Released', 'engine'],
  ['provision', 'Released', 'Provisioning', by],
  ['provision', 'Provisioning', 'Provisioned', 'reconciler'],
];
const terminated: Change[] = [
  ['provision', 'Provisioned', 'Releasing', by],
  ['lifecycle', 'Created', 'Terminating', by],
  ['provision', 'Releasing', 'Released', 'reconciler'],
  ['lifecycle', 'Terminating', 'Terminated', 'reconciler'],
];

/** As the answer shows it, and as it is kept for a repetition. */
function toDocument(connectionId: string, { key, start, end }: Wanted, node: string, states: object, version: object) {
  const segment = { key, encapsulation: 'gre' };
  const vms = [{ ...vm, node, nic: [{ ...nic, port: 'iris1-0' }] }];
  const [name, state] = Object.entries(version)[0]!;
  const now = new Date().toISOString();
  return {
    connectionId,
    tenant: tenant.name,
    requester: tenant.user,
    autoProvision: true,
    terminateOnRelease: true,
    states: { ...states, dataPlaneStatus: { active: false, version: 0, versionConsistent: true } },
    [name]: {
      version: 1,
      state,
      startTime: start,
      endTime: end,
      ...(state === 'held' ? { holdExpires: end } : {}),
      segment,
      vm: vms,
    },
    createdAt: now,
    updatedAt: now,
  };
}

const held = { reservationState: 'ReserveHeld', lifecycleState: 'Created' };
const firm = { reservationState: 'ReserveStart', provisionState: 'Provisioned', lifecycleState: 'Created' };
const over = { ...firm, provisionState: 'Released', lifecycleState: 'Terminated' };

export function createRows(url: string, nodes: number, poolSize = 10) {
  const pool = new pg.Pool({ connectionString: url, max: poolSize });
  const kept = new Map<string, { wanted: Wanted; node: string }>();
  let count = 0;

  async function transact(operation: string, correlationId: string, work: (run: Run) => Promise<object>) {
    const client = await pool.connect();
    const run: Run = (name, text, values) => client.query({ name, text, values });
    try {
      await client.query('BEGIN');
      const digest = createHash('sha256').update(operation).update(correlationId).digest('hex');
      await run('claim', 'INSERT INTO request (requester, correlation_id, operation, digest) VALUES ($1, $2, $3, $4)', [
        tenant.user,
        correlationId,
        operation,
        digest,
      ]);
      const answer = await work(run);
      await run('answer', 'UPDATE request SET answer = $3 WHERE requester = $1 AND correlation_id = $2', [
        ...[tenant.user, correlationId, JSON.stringify(answer)],
      ]);
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  const record = (run: Run, connectionId: string, correlationId: string, changes: readonly Change[]) =>
    run(
      'history',
      `INSERT INTO history (connection_id, correlation_id, machine, from_state, to_state, asked_by)
       SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])`,
      [connectionId, correlationId, ...[0, 1, 2, 3].map((column) => changes.map((change) => change[column]))],
    );

  return {
    reserve(correlationId: string, wanted: Wanted): Promise<object> {
      const connectionId = randomUUID();
      const node = nodeName(count++ % nodes);
      kept.set(connectionId, { wanted, node });
      const period = `[${wanted.start},${wanted.end})`;
      const nics = JSON.stringify([{ ...nic, portName: 'iris1-0' }]);
      const criteria = JSON.stringify({
        ...wanted,
        vms: [{ ...vm, nics: [nic] }],
        externalPorts: [],
        peers: [],
        hosts: [],
      });
      const placed = JSON.stringify({
        connectionId,
        ...wanted,
        vms: [{ ...vm, node, nics: [nic] }],
        externalPorts: [],
        peers: [],
        hosts: [],
      });
      return transact('reserve', correlationId, async (run) => {
        await run(
          'reservation',
          `INSERT INTO reservation (connection_id, vi_number, tenant, requester, auto_provision, terminate_on_release,
             reservation_state, lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent)
           VALUES ($1, nextval('vi_number'), $2, $3, true, true, 'ReserveHeld', 'Created', false, 0, true)`,
          [connectionId, tenant.name, tenant.user],
        );
        await run(
          'version',
          `INSERT INTO reservation_version (connection_id, version, state, period, hold_expires, criteria, placed)
           VALUES ($1, 1, 'held', $2, now() + interval '120 s', $3, $4)`,
          [connectionId, period, criteria, placed],
        );
        await run(
          'vm',
          `INSERT INTO vm (connection_id, version, name, node, cpus, memory_mib, disk_gib, image, nested, nics)
           VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [connectionId, vm.name, node, vm.cpus, vm.memoryMiB, vm.diskGiB, vm.image, vm.nested, nics],
        );
        await run(
          'segment',
          `INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period) VALUES ($1, 1, 'gre', $2, $3)`,
          [connectionId, wanted.key, period],
        );
        await run(
          'mac',
          `INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period) VALUES ($1, 1, 'gre', $2, $3, $4)`,
          [connectionId, wanted.key, nic.mac, period],
        );
        await run(
          'node',
          `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period) VALUES ($1, 1, $2, 1, $3, $4, $5, $6)`,
          [connectionId, node, vm.cpus, vm.memoryMiB, vm.diskGiB, period],
        );
        await record(run, connectionId, correlationId, reserved);
        await run(
          'timer',
          `INSERT INTO due_work (kind, connection_id, run_at) VALUES ('holdTimeout', $1, now() + interval '120 s')`,
          [connectionId],
        );
        return toDocument(connectionId, wanted, node, held, { held: 'held' });
      });
    },

    commit(correlationId: string, connectionId: string): Promise<object> {
      const { wanted, node } = kept.get(connectionId)!;
      return transact('commit', correlationId, async (run) => {
        await run(
          'firm',
          `UPDATE reservation_version SET state = 'committed', hold_expires = NULL WHERE connection_id = $1 AND version = 1`,
          [connectionId],
        );
        await run(
          'provisioned',
          `UPDATE reservation SET reservation_state = 'ReserveStart', provision_state = 'Provisioned', updated_at = clock_timestamp()
           WHERE connection_id = $1`,
          [connectionId],
        );
        await record(run, connectionId, correlationId, committed);
        await run('cancel', `DELETE FROM due_work WHERE connection_id = $1 AND kind = 'holdTimeout'`, [connectionId]);
        await run(
          'schedule',
          `INSERT INTO due_work (kind, connection_id, run_at) VALUES ('endTime', $1, $2), ('reconcile', $1, $3)`,
          [connectionId, wanted.end, wanted.start],
        );
        return toDocument(connectionId, wanted, node, firm, { committed: 'committed' });
      });
    },

    terminate(correlationId: string, connectionId: string): Promise<object> {
      const { wanted, node } = kept.get(connectionId)!;
      kept.delete(connectionId);
      return transact('terminate', correlationId, async (run) => {
        for (const table of ['node_allocation', 'mac_allocation', 'segment_allocation'])
          await run(`free ${table}`, `DELETE FROM ${table} WHERE connection_id = $1`, [connectionId]);
        await run(
          'over',
          `UPDATE reservation SET lifecycle_state = 'Terminated', provision_state = 'Released', updated_at = clock_timestamp() WHERE connection_id = $1`,
          [connectionId],
        );
        await record(run, connectionId, correlationId, terminated);
        await run('never build', `DELETE FROM due_work WHERE connection_id = $1 AND kind IN ('reconcile', 'endTime')`, [
          connectionId,
        ]);
        return toDocument(connectionId, wanted, node, over, { committed: 'committed' });
      });
    },

    close: (): Promise<void> => pool.end(),
  };
}

export type Rows = ReturnType<typeof createRows>;

/**
 * The rows of a cycle's steps by plain statements, one for each table: what any program that keeps reservations in these tables must write.
 * Nothing is checked, placed or read; the database's own guards hold as ever.
 */
import { timeOrderedUuid } from '../../src/lib/time-ordered-uuid.js';
import { type Interval, nic, vm } from './messages.js';
import { nodeName, tenant } from './site.js';
import { type Stage, stages } from './stages.js';
import type { Request, Run } from './transactions.js';

export interface Wanted extends Interval {
  /** Of its segment. */
  key: number;
}

export interface Placed extends Wanted {
  connectionId: string;
  viNumber: number;
  node: string;
  port: string;
}

/** On one node after the other. */
export function placeInTurn(nodes: number): (wanted: Wanted) => Placed {
  let viNumber = 0;
  return (wanted) => {
    const node = nodeName(viNumber++ % nodes);
    return { ...wanted, connectionId: timeOrderedUuid(), viNumber, node, port: `iris${viNumber}-0` };
  };
}

const elsewhere = { externalPorts: [], peers: [], hosts: [] };
const nicsOf = ({ port }: Placed) => [{ ...nic, portName: port }];

export const toCriteria = ({ key, start, end }: Wanted) => ({
  schedule: { start, end },
  segment: { key, encapsulation: 'gre' },
  vms: [{ ...vm, count: 1, nics: [nic] }],
  ...elsewhere,
});

export const toPlacedVi = (placed: Placed) => ({
  connectionId: placed.connectionId,
  tenant: tenant.name,
  viNumber: placed.viNumber,
  version: 1,
  segment: { key: placed.key, encapsulation: 'gre' },
  vms: [{ ...vm, node: placed.node, nics: nicsOf(placed) }],
  ...elsewhere,
});

/** How a reservation was asked for; over rms nothing is `told`. */
export interface Asked {
  requester: string;
  /** Provisioned and ended by itself. */
  automatic: boolean;
  told?: { requesterNsa: string; replyTo: string; serviceType: string; description: string };
}

export async function insertReservation(
  run: Run,
  connectionId: string,
  { requester, automatic, told }: Asked,
): Promise<void> {
  const { reservation, lifecycle } = stages.held.states;
  await run(
    'reservation',
    `INSERT INTO reservation (connection_id, vi_number, tenant, requester, auto_provision, terminate_on_release, reservation_state,
       lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent, requester_nsa, reply_to, service_type, description, last_result_id)
     VALUES ($1, nextval('vi_number'), $2, $3, $4, $4, $5, $6, false, 0, true, $7, $8, $9, $10, $11)`,
    [
      ...[connectionId, tenant.name, requester, automatic, reservation, lifecycle],
      ...[told?.requesterNsa, told?.replyTo, told?.serviceType, told?.description, told === undefined ? 0 : 1],
    ],
  );
}

export async function hold(run: Run, placed: Placed): Promise<void> {
  const { connectionId, node, key, start, end } = placed;
  const period = `[${start},${end})`;
  await run(
    'version',
    `INSERT INTO reservation_version (connection_id, version, state, period, hold_expires, criteria, placed)
     VALUES ($1, 1, 'held', $2, now() + interval '120 s', $3, $4)`,
    [connectionId, period, JSON.stringify(toCriteria(placed)), JSON.stringify(toPlacedVi(placed))],
  );
  await run(
    'vm',
    `INSERT INTO vm (connection_id, version, name, node, cpus, memory_mib, disk_gib, image, nested, nics)
     VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      ...[connectionId, vm.name, node, vm.cpus, vm.memoryMiB, vm.diskGiB, vm.image, vm.nested],
      JSON.stringify(nicsOf(placed)),
    ],
  );
  await run(
    'segment',
    `INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period) VALUES ($1, 1, 'gre', $2, $3)`,
    [connectionId, key, period],
  );
  await run(
    'mac',
    `INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period) VALUES ($1, 1, 'gre', $2, $3, $4)`,
    [connectionId, key, nic.mac, period],
  );
  await run(
    'node',
    `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period) VALUES ($1, 1, $2, 1, $3, $4, $5, $6)`,
    [connectionId, node, vm.cpus, vm.memoryMiB, vm.diskGiB, period],
  );
  await run(
    'timers',
    `INSERT INTO due_work (kind, connection_id, run_at) VALUES ('holdTimeout', $1, now() + interval '120 s'), ('endTime', $1, $2)`,
    [connectionId, end],
  );
}

export async function makeFirm(run: Run, connectionId: string): Promise<void> {
  await run(
    'firm',
    `UPDATE reservation_version SET state = 'committed', hold_expires = NULL WHERE connection_id = $1 AND version = 1`,
    [connectionId],
  );
  await run('cancel', `DELETE FROM due_work WHERE connection_id = $1 AND kind = 'holdTimeout'`, [connectionId]);
}

export async function buildLater(run: Run, connectionId: string, start: string): Promise<void> {
  await run('build', `INSERT INTO due_work (kind, connection_id, run_at) VALUES ('reconcile', $1, $2)`, [
    ...[connectionId, start],
  ]);
}

export async function free(run: Run, connectionId: string): Promise<void> {
  for (const table of ['node_allocation', 'mac_allocation', 'segment_allocation'])
    await run(`free ${table}`, `DELETE FROM ${table} WHERE connection_id = $1`, [connectionId]);
  await run('never build', `DELETE FROM due_work WHERE connection_id = $1 AND kind IN ('reconcile', 'endTime')`, [
    connectionId,
  ]);
}

/** `lastResultId`: 0 over rms. */
export async function setStates(run: Run, connectionId: string, stage: Stage, lastResultId: number): Promise<void> {
  const { reservation, provision, lifecycle } = stages[stage].states;
  await run(
    'states',
    `UPDATE reservation SET reservation_state = $2, provision_state = $3, lifecycle_state = $4, last_result_id = $5,
       updated_at = clock_timestamp() WHERE connection_id = $1`,
    [connectionId, reservation, provision, lifecycle, lastResultId],
  );
}

export async function record(
  run: Run,
  { requester, correlationId }: Request,
  connectionId: string,
  passed: readonly Stage[],
): Promise<void> {
  const changes = passed.flatMap((stage) => stages[stage].changes);
  await run(
    'history',
    `INSERT INTO history (connection_id, correlation_id, machine, from_state, to_state, asked_by, reason)
     SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[])`,
    [
      ...[connectionId, correlationId, changes.map(({ machine }) => machine)],
      ...[changes.map(({ from }) => from), changes.map(({ to }) => to)],
      changes.map(({ by }) => (by === 'requester' ? requester : by)),
      changes.map(({ reason }) => reason),
    ],
  );
}

/** Reservations that are there before anything is measured. */
import type pg from 'pg';
import { loadInBulk, type Told } from './bulk-load.js';
import { nic, vm } from './messages.js';
import { tenant } from './site.js';

const toJson = (value: object): string => `'${JSON.stringify(value)}'::jsonb`;

/** What is stored, by the table that has it. */
const rowsSql = (stored: number, nodes: number): Record<string, string> => ({
  'what to store': `
    CREATE TEMPORARY TABLE stored ON COMMIT DROP AS
    SELECT i, md5('stored ' || i)::uuid::text AS connection_id, 'n' || (i % ${nodes} + 1) AS node, 1000 + i AS segment_key,
      tstzrange(now() + i * interval '1 year' / ${stored}, now() + i * interval '1 year' / ${stored} + interval '1 hour') AS period
    FROM generate_series(1, ${stored}) AS i`,
  reservation: `
    INSERT INTO reservation (connection_id, vi_number, tenant, requester, auto_provision, terminate_on_release,
      reservation_state, provision_state, lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent)
    SELECT connection_id, nextval('vi_number'), '${tenant.name}', '${tenant.user}', false, true,
      'ReserveStart', 'Released', 'Created', false, 0, true FROM stored`,
  reservation_version: `
    INSERT INTO reservation_version (connection_id, version, state, period, criteria, placed)
    SELECT connection_id, 1, 'committed', period, ${toJson({ segment: {}, vms: [{ ...vm, nics: [nic] }] })},
      jsonb_build_object('connectionId', connection_id, 'node', node) || ${toJson({ vms: [{ ...vm, nics: [nic] }] })} FROM stored`,
  vm: `
    INSERT INTO vm (connection_id, version, name, node, cpus, memory_mib, disk_gib, image, nested, nics)
    SELECT connection_id, 1, 'vm', node, ${vm.cpus}, ${vm.memoryMiB}, ${vm.diskGiB}, '${vm.image}', true, ${toJson([nic])} FROM stored`,
  segment_allocation: `
    INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period)
    SELECT connection_id, 1, 'gre', segment_key, period FROM stored`,
  mac_allocation: `
    INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period)
    SELECT connection_id, 1, 'gre', segment_key, '${nic.mac}', period FROM stored`,
  node_allocation: `
    INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
    SELECT connection_id, 1, node, 1, ${vm.cpus}, ${vm.memoryMiB}, ${vm.diskGiB}, period FROM stored`,
  history: `
    INSERT INTO history (connection_id, machine, from_state, to_state, asked_by)
    SELECT connection_id, 'reservation', from_state, to_state, '${tenant.user}' FROM stored
    CROSS JOIN (VALUES ('ReserveStart', 'ReserveChecking'), ('ReserveChecking', 'ReserveHeld'), ('ReserveHeld', 'ReserveCommitting'),
      ('ReserveCommitting', 'ReserveStart')) AS t(from_state, to_state)`,
  due_work: `INSERT INTO due_work (kind, connection_id, run_at) SELECT 'endTime', connection_id, upper(period) FROM stored`,
  request: `
    INSERT INTO request (requester, correlation_id, operation, digest, answer)
    SELECT '${tenant.user}', 'urn:uuid:' || connection_id || operation, operation, md5(connection_id), '{}'
    FROM stored CROSS JOIN (VALUES ('reserve'), ('commit')) AS t(operation)`,
});

/**
 * Committed, with one VM and an hour each, spread evenly over the year that begins now and over the nodes; each in a segment of its own. The
 * guards of capacity are not asked, since they look at every node over all its time: what is stored is known to fit.
 */
export const storeReservations = (session: pg.Client, stored: number, nodes: number, told: Told): Promise<void> =>
  loadInBulk(session, rowsSql(stored, nodes), told);

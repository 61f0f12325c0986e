/**
 * The databases of a run, on a PostgreSQL of its own that waits for the disk at every commit: one for the floor and one for Iris,
 * copies of one in which the reservations are stored that are there already.
 */
import { join } from 'node:path';
import pg from 'pg';
import { silentLog } from '../../src/lib/log.js';
import { databaseUrl, ensureDatabase } from '../../src/lib/postgres/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { migrate } from '../../src/store/migrate.js';
import { nic, vm } from '../cycle/messages.js';
import { capacity, tenant } from '../cycle/site.js';

const template = 'bench_template';

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const insertNodes = (nodes: number): string => `
  INSERT INTO node (node, cpus, memory_mib, disk_gib)
  SELECT 'n' || i, ${capacity.cpus}, ${capacity.memoryMiB}, ${capacity.diskGiB} FROM generate_series(1, ${nodes}) AS i`;

const toJson = (value: object): string => `'${JSON.stringify(value)}'::jsonb`;

/** Committed, with one VM and an hour each, spread evenly over the year that begins now and over the nodes; each in a segment of its own. */
const storeReservations = (stored: number, nodes: number): string[] => [
  // The guards look at every node that a statement touches, over all its time; what is stored here is known to fit.
  'SET session_replication_role = replica',
  `CREATE TEMPORARY TABLE stored AS
   SELECT i, md5('stored ' || i)::uuid::text AS connection_id, 'n' || (i % ${nodes} + 1) AS node, 1000 + i AS segment_key,
     tstzrange(now() + i * interval '1 year' / ${stored}, now() + i * interval '1 year' / ${stored} + interval '1 hour') AS period
   FROM generate_series(1, ${stored}) AS i`,
  `INSERT INTO reservation (connection_id, vi_number, tenant, requester, auto_provision, terminate_on_release,
     reservation_state, provision_state, lifecycle_state, data_plane_active, data_plane_version, data_plane_consistent)
   SELECT connection_id, nextval('vi_number'), '${tenant.name}', '${tenant.user}', false, true,
     'ReserveStart', 'Released', 'Created', false, 0, true FROM stored`,
  `INSERT INTO reservation_version (connection_id, version, state, period, criteria, placed)
   SELECT connection_id, 1, 'committed', period, ${toJson({ segment: {}, vms: [{ ...vm, nics: [nic] }] })},
     jsonb_build_object('connectionId', connection_id, 'node', node) || ${toJson({ vms: [{ ...vm, nics: [nic] }] })} FROM stored`,
  `INSERT INTO vm (connection_id, version, name, node, cpus, memory_mib, disk_gib, image, nested, nics)
   SELECT connection_id, 1, 'vm', node, ${vm.cpus}, ${vm.memoryMiB}, ${vm.diskGiB}, '${vm.image}', true, ${toJson([nic])} FROM stored`,
  `INSERT INTO segment_allocation (connection_id, version, encapsulation, segment_key, period)
   SELECT connection_id, 1, 'gre', segment_key, period FROM stored`,
  `INSERT INTO mac_allocation (connection_id, version, encapsulation, segment_key, mac, period)
   SELECT connection_id, 1, 'gre', segment_key, '${nic.mac}', period FROM stored`,
  `INSERT INTO node_allocation (connection_id, version, node, vms, cpus, memory_mib, disk_gib, period)
   SELECT connection_id, 1, node, 1, ${vm.cpus}, ${vm.memoryMiB}, ${vm.diskGiB}, period FROM stored`,
  `INSERT INTO history (connection_id, machine, from_state, to_state, asked_by)
   SELECT connection_id, 'reservation', from_state, to_state, '${tenant.user}' FROM stored
   CROSS JOIN (VALUES ('ReserveStart', 'ReserveChecking'), ('ReserveChecking', 'ReserveHeld'), ('ReserveHeld', 'ReserveCommitting'),
     ('ReserveCommitting', 'ReserveStart')) AS t(from_state, to_state)`,
  `INSERT INTO due_work (kind, connection_id, run_at) SELECT 'endTime', connection_id, upper(period) FROM stored`,
  `INSERT INTO request (requester, correlation_id, operation, digest, answer)
   SELECT '${tenant.user}', 'urn:uuid:' || connection_id || operation, operation, md5(connection_id), '{}'
   FROM stored CROSS JOIN (VALUES ('reserve'), ('commit')) AS t(operation)`,
];

export interface Databases {
  floor: string;
  iris: string;
  /** Of the server that has both. */
  pid: number;
}

/** Rows of each table that a cycle leaves: floor and Iris must have written the same. */
export async function rowsPerReservation(url: string, stored: number): Promise<Record<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`
      SELECT r.count::float8 AS reservations,
        (SELECT count(*) FROM reservation_version)::float8 AS reservation_version,
        (SELECT count(*) FROM vm)::float8 AS vm,
        (SELECT count(*) FROM segment_allocation)::float8 AS segment_allocation,
        (SELECT count(*) FROM mac_allocation)::float8 AS mac_allocation,
        (SELECT count(*) FROM node_allocation)::float8 AS node_allocation,
        ((SELECT count(*) FROM history) - ${3 * stored})::float8 AS history,
        (SELECT count(*) FROM due_work)::float8 AS due_work,
        ((SELECT count(*) FROM request) - ${stored})::float8 AS request
      FROM (SELECT count(*) FROM reservation) AS r`);
    const { reservations, ...tables } = rows[0] as Record<string, number>;
    const cycles = reservations! - stored;
    return Object.fromEntries(
      Object.entries(tables).map(([table, count]) => [table, Number(((count - stored) / cycles).toFixed(2))]),
    );
  } finally {
    await client.end();
  }
}

async function makeDatabases(server: EmbeddedPostgres, nodes: number, stored: number): Promise<Databases> {
  const url = await ensureDatabase(server.url, template);
  await migrate(url, silentLog);
  await execute(url, [insertNodes(nodes), ...(stored > 0 ? storeReservations(stored, nodes) : [])]);
  // A new database is as PostgreSQL takes it before it has looked: told that tables are empty, it would read them whole when they are not.
  await execute(url, [stored > 0 ? 'VACUUM ANALYZE' : 'ANALYZE node', 'CHECKPOINT']);
  const names = ['floor', 'iris'] as const;
  await execute(
    server.url,
    names.map((name) => `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`),
  );
  return { floor: databaseUrl(server.url, 'floor'), iris: databaseUrl(server.url, 'iris'), pid: server.pid };
}

export async function withDatabases<T>(
  folder: string,
  { nodes, stored }: { nodes: number; stored: number },
  work: (databases: Databases) => Promise<T>,
): Promise<T> {
  const server = await startEmbeddedPostgres({ directory: join(folder, `postgres-${stored}`) });
  try {
    return await work(await makeDatabases(server, nodes, stored));
  } finally {
    await server.stop();
  }
}

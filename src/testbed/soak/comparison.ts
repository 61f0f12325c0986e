/** Compares the database and the nodes with what the clients were told. Every line that it returns is something that is wrong. */
import type { WireReservation } from '../../wire/rms/types.js';
import type { DatabaseServer } from './database-server.js';
import { nodeCapacity, type StandingNodes } from './nodes.js';
import type { Ledger } from './told.js';

interface StoredReservation {
  id: string;
  reservation: string;
  provision: string | null;
  lifecycle: string;
  active: boolean;
  committed: number | null;
}

const storedSql = `
  SELECT r.connection_id AS id, reservation_state AS reservation, provision_state AS provision, lifecycle_state AS lifecycle,
    data_plane_active AS active, v.version AS committed
  FROM reservation r LEFT JOIN reservation_version v ON v.connection_id = r.connection_id AND v.state = 'committed'`;

/** The one thing that happens without a client. */
const timedOut = (told: string, stored: string): boolean => told === 'ReserveHeld' && stored === 'ReserveTimeout';

function compareOne({ connectionId: id, states, committed }: WireReservation, stored: StoredReservation | undefined) {
  if (stored === undefined) return [`${id}: acknowledged, and the database does not have it`];
  const wrong = (what: string, told: unknown, found: unknown) => `${id}: ${what} was told as ${told}, is ${found}`;
  return [
    ...(stored.lifecycle === states.lifecycleState
      ? []
      : [wrong('lifecycle', states.lifecycleState, stored.lifecycle)]),
    ...(stored.reservation === states.reservationState || timedOut(states.reservationState, stored.reservation)
      ? []
      : [wrong('reservation state', states.reservationState, stored.reservation)]),
    ...(stored.committed === (committed?.version ?? null)
      ? []
      : [wrong('committed version', committed?.version, stored.committed)]),
    ...(stored.reservation === 'ReserveHeld' ? [`${id}: is held still, though nobody commits it`] : []),
  ];
}

/** What must stand: everything committed, provisioned and not ended. */
const standing = (ledger: Ledger): WireReservation[] =>
  [...ledger.told.values()]
    .map(({ reservation }) => reservation)
    .filter(
      ({ states, committed }) =>
        committed !== undefined &&
        states.lifecycleState === 'Created' &&
        ['Provisioning', 'Provisioned'].includes(states.provisionState ?? ''),
    );

function difference(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const wanted = new Set(expected);
  const there = new Set(found);
  return [
    ...expected.filter((item) => !there.has(item)).map((item) => `${what} missing: ${item}`),
    ...found.filter((item) => !wanted.has(item)).map((item) => `${what} that nobody has: ${item}`),
    ...(there.size === found.length ? [] : [`${what} twice`]),
  ];
}

function compareNodes(ledger: Ledger, nodes: StandingNodes): string[] {
  const up = standing(ledger);
  const vms = up.flatMap(({ connectionId, committed }) =>
    committed!.vms.map(({ node, name }) => `${node} ${connectionId} ${name}`),
  );
  const networks = new Set(
    up.flatMap(({ connectionId, committed }) => committed!.vms.map(({ node }) => `${node} ${connectionId}`)),
  );
  return [
    ...difference(
      'VM',
      vms.map((vm) => `${vm} running`),
      nodes.domains,
    ),
    ...difference('disk', vms, nodes.disks),
    ...difference('network', [...networks], nodes.networks),
  ];
}

/** One query per thing that must not be; each returns lines of what is. */
const invariants: Record<string, string> = {
  'allocation of a version that is neither held nor in force': `
    SELECT format('%s version %s on %s', a.connection_id, a.version, a.kind) AS line
    FROM (
      SELECT connection_id, version, 'node ' || node AS kind FROM node_allocation
      UNION ALL SELECT connection_id, version, 'segment ' || segment_key FROM segment_allocation
      UNION ALL SELECT connection_id, version, 'MACs' FROM mac_allocation) a
    JOIN reservation_version v USING (connection_id, version)
    JOIN reservation r USING (connection_id)
    WHERE v.state NOT IN ('held', 'committed') OR r.lifecycle_state = 'Terminated'`,
  'version in force without its allocation': `
    SELECT v.connection_id || ' version ' || v.version AS line
    FROM reservation_version v JOIN reservation r USING (connection_id)
    WHERE v.state IN ('held', 'committed') AND r.lifecycle_state = 'Created' AND NOT EXISTS (
      SELECT FROM segment_allocation s WHERE s.connection_id = v.connection_id AND s.version = v.version)`,
  'allocation that is not what the VMs add up to': `
    SELECT format('%s version %s on %s: %s CPUs for %s', a.connection_id, a.version, a.node, a.cpus, sum(m.cpus)) AS line
    FROM node_allocation a LEFT JOIN vm m USING (connection_id, version, node)
    GROUP BY a.connection_id, a.version, a.node, a.cpus, a.vms
    HAVING a.cpus IS DISTINCT FROM sum(m.cpus) OR a.vms <> count(m.name)`,
  'node promised more than it has': `
    SELECT format('%s: %s CPUs', node, sum(cpus)) AS line
    FROM (SELECT node, connection_id, max(cpus) AS cpus FROM node_allocation WHERE period @> now() GROUP BY 1, 2) held
    GROUP BY node HAVING sum(cpus) > ${nodeCapacity.cpus}`,
  'segment key had by two': `
    SELECT 'key ' || segment_key AS line FROM segment_allocation WHERE period @> now()
    GROUP BY segment_key HAVING count(DISTINCT connection_id) > 1`,
  'history that does not follow from itself': `
    SELECT format('%s: %s from %s, was %s (entry %s)', connection_id, machine, from_state, before, id) AS line
    FROM (
      SELECT *, lag(to_state) OVER (PARTITION BY connection_id, machine ORDER BY id) AS before FROM history) h
    WHERE before IS NOT NULL AND before <> from_state`,
  'history that does not end where the reservation is': `
    SELECT format('%s: %s ends in %s, is %s', connection_id, machine, to_state, now_in) AS line
    FROM (
      SELECT DISTINCT ON (h.connection_id, machine) h.connection_id, machine, to_state,
        CASE machine WHEN 'reservation' THEN reservation_state WHEN 'provision' THEN provision_state
          WHEN 'lifecycle' THEN lifecycle_state END AS now_in
      FROM history h JOIN reservation r USING (connection_id)
      ORDER BY h.connection_id, machine, h.id DESC) last
    WHERE machine <> 'dataPlane' AND to_state <> now_in`,
  'due work for what is over': `
    SELECT w.kind || ' of ' || w.connection_id AS line
    FROM due_work w JOIN reservation r USING (connection_id) WHERE r.lifecycle_state = 'Terminated'`,
  'request that was begun and not answered': `
    SELECT operation || ' ' || correlation_id AS line FROM request WHERE answer IS NULL`,
};

async function checkInvariants(database: Pick<DatabaseServer, 'query'>): Promise<string[]> {
  const lines: string[] = [];
  for (const [what, sql] of Object.entries(invariants))
    for (const { line } of await database.query<{ line: string }>(sql)) lines.push(`${what}: ${line}`);
  return lines;
}

export async function compare(
  ledger: Ledger,
  database: Pick<DatabaseServer, 'query'>,
  nodes: StandingNodes,
): Promise<string[]> {
  const stored = new Map((await database.query<StoredReservation>(storedSql)).map((row) => [row.id, row]));
  const told = [...ledger.told.values()];
  return [
    ...told.flatMap(({ connectionId, reservation }) => compareOne(reservation, stored.get(connectionId))),
    ...[...stored.keys()].filter((id) => !ledger.told.has(id)).map((id) => `${id}: is in the database, told to nobody`),
    ...(await checkInvariants(database)),
    ...compareNodes(ledger, nodes),
  ];
}

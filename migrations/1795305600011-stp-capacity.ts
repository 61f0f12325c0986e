/** Capacity of STPs over time, guarded as that of nodes is (docs/adr/capacity-guard.md): per STP and direction, the sum over point-to-point services. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE TABLE stp (
    stp text NOT NULL,
    capacity_mbit integer NOT NULL,
    allocation_changes bigint NOT NULL DEFAULT 0,
    CONSTRAINT stp_pk PRIMARY KEY (stp),
    CONSTRAINT stp_capacity_positive CHECK (capacity_mbit > 0)
  ) WITH (fillfactor = 50);

  CREATE TABLE stp_allocation (
    connection_id text NOT NULL,
    version integer NOT NULL,
    stp text NOT NULL,
    direction text NOT NULL,
    capacity_mbit integer NOT NULL,
    period tstzrange NOT NULL,
    CONSTRAINT stp_allocation_pk PRIMARY KEY (connection_id, version, stp, direction),
    CONSTRAINT stp_allocation_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version),
    CONSTRAINT stp_allocation_on_stp FOREIGN KEY (stp) REFERENCES stp (stp),
    CONSTRAINT stp_allocation_direction_known CHECK (direction IN ('in', 'out')),
    CONSTRAINT stp_allocation_positive CHECK (capacity_mbit > 0),
    CONSTRAINT stp_allocation_period CHECK (NOT isempty(period) AND NOT lower_inf(period))
  );
  CREATE INDEX stp_allocation_stp_period ON stp_allocation USING gist (stp, period);
`;

/** As peak_allocated of nodes: a sweep over the instants at which anything changes, of the versions of one reservation the maximum. */
const createPeak = `
  CREATE FUNCTION peak_of_stps(of_stps text[], during tstzrange)
  RETURNS TABLE (stp text, direction text, capacity_mbit bigint) LANGUAGE sql STABLE AS $$
    WITH live AS MATERIALIZED (
      SELECT a.stp, a.direction, a.connection_id, a.period * during AS period, a.capacity_mbit
      FROM unnest(of_stps) AS wanted(stp)
      JOIN stp_allocation a ON a.stp = wanted.stp AND a.period && during
    ), instant AS (
      SELECT l.stp, l.direction, l.connection_id, lower(l.period) AS at FROM live l
      UNION
      SELECT l.stp, l.direction, l.connection_id, upper(l.period) FROM live l WHERE NOT upper_inf(l.period)
    ), level AS (
      SELECT i.stp, i.direction, i.connection_id, i.at, coalesce(max(l.capacity_mbit), 0)::bigint AS capacity_mbit
      FROM instant i
      LEFT JOIN live l ON l.stp = i.stp AND l.direction = i.direction AND l.connection_id = i.connection_id AND l.period @> i.at
      GROUP BY i.stp, i.direction, i.connection_id, i.at
    ), step AS (
      SELECT l.stp, l.direction, l.at, l.capacity_mbit - lag(l.capacity_mbit, 1, 0::bigint) OVER own AS capacity_mbit
      FROM level l
      WINDOW own AS (PARTITION BY l.stp, l.direction, l.connection_id ORDER BY l.at)
    ), running AS (
      SELECT s.stp, s.direction, sum(sum(s.capacity_mbit)) OVER so_far AS capacity_mbit
      FROM step s
      GROUP BY s.stp, s.direction, s.at
      WINDOW so_far AS (PARTITION BY s.stp, s.direction ORDER BY s.at)
    )
    SELECT r.stp, r.direction, max(r.capacity_mbit)::bigint FROM running r GROUP BY r.stp, r.direction
  $$;
  COMMENT ON FUNCTION peak_of_stps IS
    'The most that is promised of each of these STPs, per direction, at any instant of a period; of the versions of one reservation the maximum counts.';
`;

/** The row of the STP is updated before anything is summed: see the capacity guard of nodes. */
const createGuard = `
  CREATE FUNCTION shortage_of_stps(of_stps text[], during tstzrange) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('stp', s.stp, 'direction', p.direction, 'capacityMbit', s.capacity_mbit, 'peakMbit', p.capacity_mbit)
      ORDER BY s.stp, p.direction)
    FROM peak_of_stps(of_stps, during) p
    JOIN stp s ON s.stp = p.stp
    WHERE p.capacity_mbit > s.capacity_mbit
  $$;
  COMMENT ON FUNCTION shortage_of_stps IS 'Which of these STPs would have promised more than they carry, and in which direction; null if none.';

  CREATE FUNCTION guard_stp_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    affected text[];
    during tstzrange;
    shortage jsonb;
  BEGIN
    SELECT array_agg(DISTINCT c.stp ORDER BY c.stp), range_merge(range_agg(c.period)) INTO affected, during FROM changed c;
    IF affected IS NULL THEN
      RETURN NULL;
    END IF;
    PERFORM 1 FROM stp s WHERE s.stp = ANY (affected) ORDER BY s.stp FOR NO KEY UPDATE;
    UPDATE stp SET allocation_changes = allocation_changes + 1 WHERE stp.stp = ANY (affected);
    shortage := shortage_of_stps(affected, during);
    IF shortage IS NOT NULL THEN
      RAISE EXCEPTION 'STP capacity exceeded'
        USING ERRCODE = 'IR707', DETAIL = shortage::text, TABLE = 'stp_allocation', CONSTRAINT = 'stp_capacity';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_stp_allocation IS 'Refuses to promise more than an STP carries (SQLSTATE IR707).';

  CREATE TRIGGER stp_allocation_guard_insert AFTER INSERT ON stp_allocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard_stp_allocation();
  CREATE TRIGGER stp_allocation_guard_update AFTER UPDATE ON stp_allocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard_stp_allocation();

  CREATE FUNCTION guard_stp_lowering() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    shortage jsonb := shortage_of_stps(ARRAY[NEW.stp], tstzrange(now(), NULL));
  BEGIN
    IF shortage IS NOT NULL THEN
      RAISE EXCEPTION 'STP capacity lowered below what is promised'
        USING ERRCODE = 'IR707', DETAIL = shortage::text, TABLE = 'stp', CONSTRAINT = 'stp_capacity';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION guard_stp_lowering IS 'Refuses to lower an STP below what is promised of it (SQLSTATE IR707).';

  CREATE TRIGGER stp_guard_lowering AFTER UPDATE OF capacity_mbit ON stp
    FOR EACH ROW WHEN (NEW.capacity_mbit < OLD.capacity_mbit)
    EXECUTE FUNCTION guard_stp_lowering();
`;

const createViews = `
  CREATE VIEW stps AS
    SELECT s.stp, s.capacity_mbit FROM stp s;
  COMMENT ON VIEW stps IS 'STPs whose capacity is accounted: external ports and peers.';
  COMMENT ON COLUMN stps.stp IS 'Local id.';
  COMMENT ON COLUMN stps.capacity_mbit IS 'What may be promised of it at one time, in each direction, Mbit/s.';

  CREATE VIEW stp_allocations AS
    SELECT a.stp, a.direction, a.connection_id, a.version, r.tenant, a.capacity_mbit, a.period
    FROM stp_allocation a JOIN reservation r ON r.connection_id = a.connection_id;
  COMMENT ON VIEW stp_allocations IS 'What point-to-point services have of each STP and when.';
  COMMENT ON COLUMN stp_allocations.stp IS 'Local id.';
  COMMENT ON COLUMN stp_allocations.direction IS 'in: into the network; out: out of it.';
  COMMENT ON COLUMN stp_allocations.connection_id IS 'Reservation that has it.';
  COMMENT ON COLUMN stp_allocations.version IS 'Version of the reservation; of two versions the maximum counts.';
  COMMENT ON COLUMN stp_allocations.tenant IS 'Whose it is.';
  COMMENT ON COLUMN stp_allocations.capacity_mbit IS 'Mbit/s set aside.';
  COMMENT ON COLUMN stp_allocations.period IS 'From when until when.';
`;

export class StpCapacity1795305600011 implements MigrationInterface {
  name = 'StpCapacity1795305600011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(createPeak);
    await runner.query(createGuard);
    await runner.query(createViews);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

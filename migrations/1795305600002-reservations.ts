/** Reservations, their versions and the VMs of each version. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE SEQUENCE vi_number AS bigint MINVALUE 1 MAXVALUE 4294967295 NO CYCLE;

  CREATE TABLE reservation (
    connection_id text NOT NULL,
    vi_number bigint NOT NULL,
    global_reservation_id text,
    description text,
    tenant text NOT NULL,
    requester text NOT NULL,
    auto_provision boolean NOT NULL,
    terminate_on_release boolean NOT NULL,
    reservation_state text NOT NULL,
    provision_state text,
    lifecycle_state text NOT NULL,
    data_plane_active boolean NOT NULL,
    data_plane_version integer NOT NULL,
    data_plane_consistent boolean NOT NULL,
    error_event jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservation_pk PRIMARY KEY (connection_id),
    CONSTRAINT reservation_vi_number_unique UNIQUE (vi_number),
    CONSTRAINT reservation_vi_number_range CHECK (vi_number BETWEEN 1 AND 4294967295),
    CONSTRAINT reservation_state_known CHECK (reservation_state IN ('ReserveStart', 'ReserveChecking', 'ReserveHeld',
      'ReserveCommitting', 'ReserveFailed', 'ReserveTimeout', 'ReserveAborting')),
    CONSTRAINT reservation_provision_state_known CHECK (provision_state IN ('Released', 'Provisioning', 'Provisioned', 'Releasing')),
    CONSTRAINT reservation_lifecycle_state_known CHECK (lifecycle_state IN ('Created', 'Failed', 'PassedEndTime', 'Terminating', 'Terminated'))
  );
  CREATE INDEX reservation_tenant ON reservation (tenant, vi_number);
  CREATE INDEX reservation_global_id ON reservation (global_reservation_id) WHERE global_reservation_id IS NOT NULL;
  CREATE INDEX reservation_unfinished ON reservation (tenant, connection_id) WHERE lifecycle_state NOT IN ('Terminated', 'PassedEndTime');
  CREATE INDEX reservation_live ON reservation (vi_number) WHERE data_plane_active OR provision_state <> 'Released' OR lifecycle_state = 'Terminating';

  CREATE TABLE reservation_version (
    connection_id text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    period tstzrange NOT NULL,
    hold_expires timestamptz,
    criteria jsonb NOT NULL,
    placed jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reservation_version_pk PRIMARY KEY (connection_id, version),
    CONSTRAINT reservation_version_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id),
    CONSTRAINT reservation_version_state_known CHECK (state IN ('held', 'committed', 'dropped')),
    CONSTRAINT reservation_version_hold_expires CHECK ((state = 'held') = (hold_expires IS NOT NULL)),
    CONSTRAINT reservation_version_period CHECK (NOT isempty(period) AND NOT lower_inf(period))
  );
  CREATE UNIQUE INDEX reservation_version_one_held ON reservation_version (connection_id) WHERE state = 'held';
  CREATE UNIQUE INDEX reservation_version_one_committed ON reservation_version (connection_id) WHERE state = 'committed';
  CREATE INDEX reservation_version_period_in_force ON reservation_version USING gist (period) WHERE state <> 'dropped';

  CREATE TABLE vm (
    connection_id text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    node text NOT NULL,
    cpus integer NOT NULL,
    memory_mib integer NOT NULL,
    disk_gib integer NOT NULL,
    image text NOT NULL,
    nested boolean NOT NULL,
    nics jsonb NOT NULL,
    CONSTRAINT vm_pk PRIMARY KEY (connection_id, version, name),
    CONSTRAINT vm_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version)
  );
  CREATE INDEX vm_node ON vm (node);
`;

/**
 * A reservation as one JSON document, and the same with its row locked. The lock is a statement of its own inside a volatile
 * function, so that what is read after waiting for another session is what that session left, in one round trip.
 */
const createFunctions = `
  CREATE FUNCTION reservation_document(r reservation) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(r) || coalesce((
      SELECT jsonb_object_agg(v.state, to_jsonb(v) - 'period' || jsonb_build_object('start', lower(v.period), 'end', upper(v.period)))
      FROM reservation_version v
      WHERE v.connection_id = r.connection_id AND v.state <> 'dropped'), '{}')
  $$;
  COMMENT ON FUNCTION reservation_document IS 'A reservation with its committed and held versions, as Iris reads it.';

  CREATE FUNCTION lock_reservation(wanted text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
  BEGIN
    PERFORM 1 FROM reservation r WHERE r.connection_id = wanted FOR UPDATE;
    RETURN (SELECT reservation_document(r) FROM reservation r WHERE r.connection_id = wanted);
  END $$;
  COMMENT ON FUNCTION lock_reservation IS 'Locks a reservation until the transaction ends and returns it as it is after any wait for the lock.';

  COMMENT ON SEQUENCE vi_number IS 'Numbers of virtual infrastructures; a number is never used again.';
`;

export class Reservations1795305600002 implements MigrationInterface {
  name = 'Reservations1795305600002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(createFunctions);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

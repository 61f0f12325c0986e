/** Old history goes in small batches, and reservations that ended long ago go out of the way into one row each. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createPruning = `
  CREATE FUNCTION prune_history(before timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    pruned bigint;
  BEGIN
    PERFORM set_config('iris.pruning', 'on', true);
    DELETE FROM history WHERE id IN (
      SELECT h.id FROM history h JOIN reservation r ON r.connection_id = h.connection_id
      WHERE h.at < before AND r.lifecycle_state IN ('PassedEndTime', 'Terminated')
      ORDER BY h.at LIMIT most FOR UPDATE OF h SKIP LOCKED);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('iris.pruning', 'off', true);
    RETURN pruned;
  END $$;
  COMMENT ON FUNCTION prune_history(timestamptz, integer) IS
    'Removes at most so many transitions before an instant, the oldest first, of reservations that are over; returns how many.';
  REVOKE EXECUTE ON FUNCTION prune_history(timestamptz, integer) FROM PUBLIC;
`;

/** Without criteria and user data: what is kept for the record is what was promised, to whom, when, and what became of it. */
const createArchive = `
  CREATE TABLE archived_reservation (
    connection_id text NOT NULL,
    vi_number bigint NOT NULL,
    tenant text NOT NULL,
    ended_at timestamptz NOT NULL,
    reservation jsonb NOT NULL,
    versions jsonb NOT NULL,
    history jsonb NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT archived_reservation_pk PRIMARY KEY (connection_id)
  );

  CREATE FUNCTION archive_reservations(before timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    chosen text[];
  BEGIN
    SELECT array_agg(c.connection_id) INTO chosen FROM (
      SELECT r.connection_id FROM reservation r
      WHERE r.lifecycle_state IN ('PassedEndTime', 'Terminated') AND r.updated_at < before AND NOT r.data_plane_active
        AND NOT EXISTS (SELECT FROM node_allocation a WHERE a.connection_id = r.connection_id)
        AND NOT EXISTS (SELECT FROM segment_allocation a WHERE a.connection_id = r.connection_id)
        AND NOT EXISTS (SELECT FROM due_work w WHERE w.connection_id = r.connection_id)
      LIMIT most FOR UPDATE SKIP LOCKED) c;
    IF chosen IS NULL THEN
      RETURN 0;
    END IF;
    INSERT INTO archived_reservation (connection_id, vi_number, tenant, ended_at, reservation, versions, history)
    SELECT r.connection_id, r.vi_number, r.tenant, r.updated_at, to_jsonb(r),
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('version', v.version, 'state', v.state, 'start', lower(v.period), 'end', upper(v.period),
          'segment', v.placed -> 'segment',
          'vms', (SELECT jsonb_agg(vm - 'userData') FROM jsonb_array_elements(v.placed -> 'vms') AS vm)) ORDER BY v.version)
        FROM reservation_version v WHERE v.connection_id = r.connection_id), '[]'),
      coalesce((SELECT jsonb_agg(to_jsonb(h) - 'connection_id' ORDER BY h.id) FROM history h WHERE h.connection_id = r.connection_id), '[]')
    FROM reservation r WHERE r.connection_id = ANY (chosen);
    PERFORM set_config('iris.pruning', 'on', true);
    DELETE FROM history WHERE connection_id = ANY (chosen);
    PERFORM set_config('iris.pruning', 'off', true);
    DELETE FROM registry_entry WHERE connection_id = ANY (chosen);
    DELETE FROM external_port_allocation WHERE connection_id = ANY (chosen);
    DELETE FROM mac_allocation WHERE connection_id = ANY (chosen);
    DELETE FROM vm WHERE connection_id = ANY (chosen);
    DELETE FROM reservation_version WHERE connection_id = ANY (chosen);
    DELETE FROM reservation WHERE connection_id = ANY (chosen);
    RETURN cardinality(chosen);
  END $$;
  COMMENT ON FUNCTION archive_reservations IS
    'Moves at most so many reservations that ended before an instant, and left nothing behind, to archived_reservation; returns how many.';
  REVOKE EXECUTE ON FUNCTION archive_reservations FROM PUBLIC;

  CREATE VIEW archive AS
    SELECT a.connection_id, a.vi_number, a.tenant, a.ended_at, a.versions, a.history, a.archived_at FROM archived_reservation a;
  COMMENT ON VIEW archive IS 'Reservations that ended long ago and were archived.';
  COMMENT ON COLUMN archive.connection_id IS 'Id of the reservation.';
  COMMENT ON COLUMN archive.vi_number IS 'Number of its virtual infrastructure.';
  COMMENT ON COLUMN archive.tenant IS 'Whose it was.';
  COMMENT ON COLUMN archive.ended_at IS 'When it last changed.';
  COMMENT ON COLUMN archive.versions IS 'Its versions with their periods, segment and VMs; without user data.';
  COMMENT ON COLUMN archive.history IS 'Its transitions that had not been pruned.';
  COMMENT ON COLUMN archive.archived_at IS 'When it was archived.';
`;

export class PruningAndArchive1795305600009 implements MigrationInterface {
  name = 'PruningAndArchive1795305600009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createPruning);
    await runner.query(createArchive);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

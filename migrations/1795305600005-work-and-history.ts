/** What was asked (requests), what is to be done (due work), what happened (history), and where machines stand (registry). */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE TABLE request (
    requester text NOT NULL,
    correlation_id text NOT NULL,
    operation text NOT NULL,
    digest text NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT request_pk PRIMARY KEY (requester, correlation_id)
  );
  CREATE INDEX request_created_at ON request (created_at);

  CREATE TABLE due_work (
    kind text NOT NULL,
    connection_id text NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    locked_by text,
    locked_until timestamptz,
    asked_again_at timestamptz,
    CONSTRAINT due_work_pk PRIMARY KEY (kind, connection_id),
    CONSTRAINT due_work_kind_known CHECK (kind IN ('holdTimeout', 'reconcile', 'endTime')),
    CONSTRAINT due_work_lease CHECK ((locked_by IS NULL) = (locked_until IS NULL))
  );
  CREATE INDEX due_work_run_at ON due_work (run_at);

  CREATE TABLE history (
    id bigint GENERATED ALWAYS AS IDENTITY,
    connection_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    machine text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    asked_by text NOT NULL,
    correlation_id text,
    reason text,
    CONSTRAINT history_pk PRIMARY KEY (id),
    CONSTRAINT history_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id),
    CONSTRAINT history_machine_known CHECK (machine IN ('reservation', 'provision', 'lifecycle', 'dataPlane'))
  );
  CREATE INDEX history_connection_id ON history (connection_id, id);
  CREATE INDEX history_at ON history (at);

  CREATE TABLE registry_entry (
    connection_id text NOT NULL,
    vlan integer NOT NULL,
    mac macaddr NOT NULL,
    ips inet[] NOT NULL,
    node text,
    port_name text,
    site text,
    learnt_from text NOT NULL,
    learnt_at timestamptz NOT NULL,
    CONSTRAINT registry_entry_pk PRIMARY KEY (connection_id, vlan, mac),
    CONSTRAINT registry_entry_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id),
    CONSTRAINT registry_entry_vlan_range CHECK (vlan BETWEEN 0 AND 4094),
    CONSTRAINT registry_entry_one_place CHECK ((site IS NULL) = (node IS NOT NULL) AND (node IS NULL) = (port_name IS NULL)),
    CONSTRAINT registry_entry_learnt_from_known CHECK (learnt_from IN ('listed', 'arp', 'gratuitousArp', 'rarp', 'neighbourDiscovery'))
  );
`;

const createTriggers = `
  CREATE FUNCTION announce_due_work() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('due_work', '');
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION announce_due_work IS 'Wakes the workers of every process when work has been scheduled.';
  CREATE TRIGGER due_work_announce AFTER INSERT ON due_work FOR EACH STATEMENT EXECUTE FUNCTION announce_due_work();

  CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF coalesce(current_setting('iris.pruning', true), '') <> 'on' THEN
      RAISE EXCEPTION 'history is append-only: % refused', TG_OP
        USING ERRCODE = 'IR100', TABLE = 'history', HINT = 'Old entries are removed by prune_history(before).';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION refuse_history_change IS 'Keeps the history append-only (SQLSTATE IR100).';
  CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

  CREATE FUNCTION prune_history(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    pruned bigint;
  BEGIN
    PERFORM set_config('iris.pruning', 'on', true);
    DELETE FROM history h USING reservation r
    WHERE h.at < before AND r.connection_id = h.connection_id AND r.lifecycle_state IN ('PassedEndTime', 'Terminated');
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('iris.pruning', 'off', true);
    RETURN pruned;
  END $$;
  COMMENT ON FUNCTION prune_history IS 'Removes transitions before an instant, of reservations that are over; returns how many.';
  REVOKE EXECUTE ON FUNCTION prune_history FROM PUBLIC;
`;

export class WorkAndHistory1795305600005 implements MigrationInterface {
  name = 'WorkAndHistory1795305600005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(createTriggers);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

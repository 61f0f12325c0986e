/** Labels that one reservation has at a time: the exclusion constraints are what refuses the second one (docs/adr/label-exclusion.md). */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTables = `
  CREATE TABLE segment_allocation (
    connection_id text NOT NULL,
    version integer NOT NULL,
    encapsulation text NOT NULL,
    segment_key integer NOT NULL,
    period tstzrange NOT NULL,
    CONSTRAINT segment_allocation_pk PRIMARY KEY (connection_id, version),
    CONSTRAINT segment_allocation_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version),
    CONSTRAINT segment_allocation_encapsulation_known CHECK (encapsulation IN ('gre', 'vxlan', 'geneve')),
    CONSTRAINT segment_allocation_key_range CHECK (segment_key BETWEEN 1 AND 16777215),
    CONSTRAINT segment_allocation_period CHECK (NOT isempty(period) AND NOT lower_inf(period)),
    CONSTRAINT segment_allocation_by_one EXCLUDE USING gist
      (segment_key WITH =, encapsulation WITH =, connection_id WITH <>, period WITH &&)
  );

  CREATE TABLE external_port_allocation (
    connection_id text NOT NULL,
    version integer NOT NULL,
    port text NOT NULL,
    vlan integer NOT NULL,
    period tstzrange NOT NULL,
    CONSTRAINT external_port_allocation_pk PRIMARY KEY (connection_id, version, port, vlan),
    CONSTRAINT external_port_allocation_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version),
    CONSTRAINT external_port_allocation_vlan_range CHECK (vlan BETWEEN 0 AND 4094),
    CONSTRAINT external_port_allocation_period CHECK (NOT isempty(period) AND NOT lower_inf(period)),
    CONSTRAINT external_port_allocation_by_one EXCLUDE USING gist
      (port WITH =, vlan WITH =, connection_id WITH <>, period WITH &&)
  );

  CREATE TABLE mac_allocation (
    connection_id text NOT NULL,
    version integer NOT NULL,
    encapsulation text NOT NULL,
    segment_key integer NOT NULL,
    mac macaddr NOT NULL,
    period tstzrange NOT NULL,
    CONSTRAINT mac_allocation_pk PRIMARY KEY (connection_id, version, mac),
    CONSTRAINT mac_allocation_of_version FOREIGN KEY (connection_id, version) REFERENCES reservation_version (connection_id, version),
    CONSTRAINT mac_allocation_period CHECK (NOT isempty(period) AND NOT lower_inf(period)),
    CONSTRAINT mac_allocation_by_one EXCLUDE USING gist
      (mac WITH =, segment_key WITH =, encapsulation WITH =, connection_id WITH <>, period WITH &&)
  );
`;

/**
 * Two sessions that insert the same label at once would each find the other's row and wait for it: a deadlock that retries can
 * repeat for ever. So they queue first, per segment or external port: one lock each, however many VLANs or MACs, and never more
 * than 1,024 of a kind, since the server's table of locks is small.
 */
const createQueue = `
  CREATE FUNCTION queue_for_segment() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(1, hashtext(NEW.encapsulation || ' ' || NEW.segment_key) & 1023);
    RETURN NEW;
  END $$;
  COMMENT ON FUNCTION queue_for_segment IS 'Sessions that ask for the same segment key, or for MACs in it, come one after the other.';

  CREATE FUNCTION queue_for_external_port() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(2, hashtext(NEW.port) & 1023);
    RETURN NEW;
  END $$;
  COMMENT ON FUNCTION queue_for_external_port IS 'Sessions that ask for VLANs of the same external port come one after the other.';

  CREATE TRIGGER segment_allocation_queue BEFORE INSERT OR UPDATE ON segment_allocation
    FOR EACH ROW EXECUTE FUNCTION queue_for_segment();
  CREATE TRIGGER mac_allocation_queue BEFORE INSERT OR UPDATE ON mac_allocation
    FOR EACH ROW EXECUTE FUNCTION queue_for_segment();
  CREATE TRIGGER external_port_allocation_queue BEFORE INSERT OR UPDATE ON external_port_allocation
    FOR EACH ROW EXECUTE FUNCTION queue_for_external_port();
`;

export class LabelAllocations1795305600003 implements MigrationInterface {
  name = 'LabelAllocations1795305600003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTables);
    await runner.query(createQueue);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

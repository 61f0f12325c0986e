/** Who was turned away: requests whose identity was refused (00301, 00302). Append-only; how many there may be is bounded. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createTable = `
  CREATE TABLE refused_identity (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    times integer NOT NULL,
    error_id text NOT NULL,
    path text NOT NULL,
    operation text,
    address text,
    certificate text,
    requester_nsa text,
    provider_nsa text,
    correlation_id text,
    what text NOT NULL,
    CONSTRAINT refused_identity_pk PRIMARY KEY (id),
    CONSTRAINT refused_identity_error_known CHECK (error_id IN ('00301', '00302')),
    CONSTRAINT refused_identity_some CHECK (times > 0)
  );
  CREATE INDEX refused_identity_at ON refused_identity (at);
`;

const createGuard = `
  CREATE FUNCTION refuse_refused_identity_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP <> 'DELETE' OR coalesce(current_setting('iris.pruning', true), '') <> 'on' THEN
      RAISE EXCEPTION 'refused_identity is append-only: % refused', TG_OP
        USING ERRCODE = 'IR100', TABLE = 'refused_identity', HINT = 'Old entries are removed by prune_refused_identities(before, newest, most).';
    END IF;
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION refuse_refused_identity_change IS 'Keeps the record of refused identities append-only (SQLSTATE IR100).';
  CREATE TRIGGER refused_identity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refused_identity
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_refused_identity_change();

  CREATE FUNCTION prune_refused_identities(before timestamptz, newest bigint, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    pruned bigint;
  BEGIN
    PERFORM set_config('iris.pruning', 'on', true);
    DELETE FROM refused_identity WHERE id IN (
      SELECT r.id FROM refused_identity r
      WHERE r.at < before OR r.id <= (SELECT n.id FROM refused_identity n ORDER BY n.id DESC OFFSET newest LIMIT 1)
      ORDER BY r.id LIMIT most FOR UPDATE OF r SKIP LOCKED);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('iris.pruning', 'off', true);
    RETURN pruned;
  END $$;
  COMMENT ON FUNCTION prune_refused_identities IS
    'Removes at most so many refused identities, the oldest first: those before an instant, and those beyond so many newest; returns how many.';
  REVOKE EXECUTE ON FUNCTION prune_refused_identities FROM PUBLIC;
`;

const createView = `
  CREATE VIEW refused_identities AS
    SELECT r.id, r.at, r.times, r.error_id, r.path, r.operation, r.address, r.certificate, r.requester_nsa, r.provider_nsa, r.correlation_id, r.what
    FROM refused_identity r;
  COMMENT ON VIEW refused_identities IS 'Requests whose identity was refused: who, from where, and why.';
  COMMENT ON COLUMN refused_identities.id IS 'Order in which they were written down.';
  COMMENT ON COLUMN refused_identities.at IS 'When it was the first time that this row tells of.';
  COMMENT ON COLUMN refused_identities.times IS 'How often within a minute; other correlation ids than the first are not told.';
  COMMENT ON COLUMN refused_identities.error_id IS '00301: the credential was not accepted. 00302: it does not allow this.';
  COMMENT ON COLUMN refused_identities.path IS 'What was asked: /rms, /nsi/provider, /nsi/requester, a document.';
  COMMENT ON COLUMN refused_identities.operation IS 'Operation, where it was understood.';
  COMMENT ON COLUMN refused_identities.address IS 'IP address that it came from.';
  COMMENT ON COLUMN refused_identities.certificate IS 'Subject of the client certificate, of an authority of ours.';
  COMMENT ON COLUMN refused_identities.requester_nsa IS 'NSA that it said to be, or of a callback to be for.';
  COMMENT ON COLUMN refused_identities.provider_nsa IS 'NSA that a callback said to be from.';
  COMMENT ON COLUMN refused_identities.correlation_id IS 'Correlation id of the first.';
  COMMENT ON COLUMN refused_identities.what IS 'What it was told.';
`;

export class RefusedIdentities1795305600022 implements MigrationInterface {
  name = 'RefusedIdentities1795305600022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createTable);
    await runner.query(createGuard);
    await runner.query(createView);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

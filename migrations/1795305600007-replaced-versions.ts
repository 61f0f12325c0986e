/** A version that a newer one has replaced keeps what it set aside for as long as parts of it may stand. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const allowState = `
  ALTER TABLE reservation_version
    DROP CONSTRAINT reservation_version_state_known,
    ADD CONSTRAINT reservation_version_state_known CHECK (state IN ('held', 'committed', 'replaced', 'dropped'));
  COMMENT ON COLUMN vms.version_state IS 'committed; held; or replaced, and still to be taken away where the committed version differs.';
`;

/** As before, and with the replaced versions, of which there may be several. */
const replaceFunction = `
  CREATE OR REPLACE FUNCTION reservation_document(r reservation) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(r) || (
      SELECT coalesce(jsonb_object_agg(v.state, d.document) FILTER (WHERE v.state <> 'replaced'), '{}')
        || CASE WHEN bool_or(v.state = 'replaced')
          THEN jsonb_build_object('replaced', jsonb_agg(d.document ORDER BY v.version) FILTER (WHERE v.state = 'replaced'))
          ELSE '{}' END
      FROM reservation_version v
      CROSS JOIN LATERAL (
        SELECT to_jsonb(v) - 'period' || jsonb_build_object('start', lower(v.period), 'end', upper(v.period)) AS document) d
      WHERE v.connection_id = r.connection_id AND v.state <> 'dropped')
  $$;
`;

export class ReplacedVersions1795305600007 implements MigrationInterface {
  name = 'ReplacedVersions1795305600007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(allowState);
    await runner.query(replaceFunction);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

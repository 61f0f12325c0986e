/**
 * A callback that its own process has claimed as it queued it is nobody else's to send, and is announced to nobody: a commit that notifies
 * stands in one row with all others that do, and waits for the disk alone.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CallbacksInHand1795305600021 implements MigrationInterface {
  name = 'CallbacksInHand1795305600021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER outbox_announce ON outbox;
      CREATE TRIGGER outbox_announce AFTER INSERT ON outbox
        FOR EACH ROW WHEN (NEW.locked_by IS NULL) EXECUTE FUNCTION announce_callback();
      COMMENT ON FUNCTION announce_callback IS 'Wakes the senders of every process when callbacks have been queued that nobody has claimed.';
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

/**
 * What Iris has to tell NSI requesters: notifications and results by number, so that they can be asked for later, and the outbox of
 * callbacks that are on their way. All of them go with their reservation when it is archived.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const extendReservation = `
  ALTER TABLE reservation
    ADD COLUMN requester_nsa text,
    ADD COLUMN reply_to text,
    ADD COLUMN service_type text,
    ADD COLUMN awaited jsonb,
    ADD COLUMN last_notification_id bigint NOT NULL DEFAULT 0,
    ADD COLUMN last_result_id bigint NOT NULL DEFAULT 0;
`;

const createTables = `
  CREATE TABLE nsi_notification (
    connection_id text NOT NULL,
    notification_id bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    message jsonb NOT NULL,
    CONSTRAINT nsi_notification_pk PRIMARY KEY (connection_id, notification_id),
    CONSTRAINT nsi_notification_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id) ON DELETE CASCADE,
    CONSTRAINT nsi_notification_kind_known CHECK (kind IN ('reserveTimeout', 'errorEvent', 'dataPlaneStateChange', 'messageDeliveryTimeout'))
  );
  CREATE INDEX nsi_notification_at ON nsi_notification (at);

  CREATE TABLE nsi_result (
    connection_id text NOT NULL,
    result_id bigint NOT NULL,
    at timestamptz NOT NULL,
    correlation_id text NOT NULL,
    kind text NOT NULL,
    message jsonb NOT NULL,
    CONSTRAINT nsi_result_pk PRIMARY KEY (connection_id, result_id),
    CONSTRAINT nsi_result_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id) ON DELETE CASCADE,
    CONSTRAINT nsi_result_kind_known CHECK (kind IN ('reserveConfirmed', 'reserveFailed', 'reserveCommitConfirmed', 'reserveCommitFailed',
      'reserveAbortConfirmed', 'provisionConfirmed', 'releaseConfirmed', 'terminateConfirmed', 'error'))
  );
  CREATE INDEX nsi_result_at ON nsi_result (at);

  CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    connection_id text,
    requester_nsa text NOT NULL,
    destination text NOT NULL,
    reply_to text NOT NULL,
    correlation_id text NOT NULL,
    kind text NOT NULL,
    message jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    locked_by text,
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CONSTRAINT outbox_pk PRIMARY KEY (id),
    CONSTRAINT outbox_of_reservation FOREIGN KEY (connection_id) REFERENCES reservation (connection_id) ON DELETE CASCADE,
    CONSTRAINT outbox_state_known CHECK (state IN ('pending', 'delivered', 'undeliverable')),
    CONSTRAINT outbox_settled CHECK ((state = 'pending') = (settled_at IS NULL)),
    CONSTRAINT outbox_lease CHECK ((locked_by IS NULL) = (locked_until IS NULL))
  ) WITH (fillfactor = 70);
  CREATE INDEX outbox_connection_id ON outbox (connection_id, id);
  CREATE INDEX outbox_pending ON outbox (run_at) WHERE state = 'pending';
  CREATE INDEX outbox_settled_at ON outbox (settled_at) WHERE state <> 'pending';
`;

/** Per row, since statement triggers fire where nothing was queued, too; a transaction's equal notices are sent once. */
const createTrigger = `
  CREATE FUNCTION announce_callback() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
  END $$;
  COMMENT ON FUNCTION announce_callback IS 'Wakes the senders of every process when callbacks have been queued.';
  CREATE TRIGGER outbox_announce AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION announce_callback();
`;

/** Without what the messages say: criteria are among it. Of a callback address only where it leads, since its path may be a secret. */
const createViews = `
  CREATE VIEW notifications AS
    SELECT n.connection_id, n.notification_id, r.tenant, r.requester_nsa, n.at, n.kind,
      n.message ->> 'event' AS event, n.message #>> '{serviceException,text}' AS text
    FROM nsi_notification n JOIN reservation r ON r.connection_id = n.connection_id;
  COMMENT ON VIEW notifications IS 'NSI notifications by their numbers.';
  COMMENT ON COLUMN notifications.connection_id IS 'Reservation.';
  COMMENT ON COLUMN notifications.notification_id IS 'Number within the reservation.';
  COMMENT ON COLUMN notifications.tenant IS 'Whose it is.';
  COMMENT ON COLUMN notifications.requester_nsa IS 'NSA that reserved it; null if it was reserved over rms.';
  COMMENT ON COLUMN notifications.at IS 'When it happened.';
  COMMENT ON COLUMN notifications.kind IS 'NSI message.';
  COMMENT ON COLUMN notifications.event IS 'Which event, of an errorEvent.';
  COMMENT ON COLUMN notifications.text IS 'The problem in words, of an errorEvent.';

  CREATE VIEW results AS
    SELECT n.connection_id, n.result_id, r.tenant, r.requester_nsa, n.at, n.correlation_id, n.kind,
      n.message #>> '{serviceException,errorId}' AS error_id, n.message #>> '{serviceException,text}' AS text
    FROM nsi_result n JOIN reservation r ON r.connection_id = n.connection_id;
  COMMENT ON VIEW results IS 'Outcomes of NSI requests by their numbers.';
  COMMENT ON COLUMN results.connection_id IS 'Reservation.';
  COMMENT ON COLUMN results.result_id IS 'Number within the reservation.';
  COMMENT ON COLUMN results.tenant IS 'Whose it is.';
  COMMENT ON COLUMN results.requester_nsa IS 'NSA that reserved it; null if it was reserved over rms.';
  COMMENT ON COLUMN results.at IS 'When the outcome was known.';
  COMMENT ON COLUMN results.correlation_id IS 'Correlation id of the request.';
  COMMENT ON COLUMN results.kind IS 'NSI message.';
  COMMENT ON COLUMN results.error_id IS 'NSI error, of a failure.';
  COMMENT ON COLUMN results.text IS 'The failure in words.';

  CREATE VIEW callbacks AS
    SELECT o.id, o.connection_id, o.requester_nsa, o.destination, o.kind, o.correlation_id, o.state, o.created_at, o.attempts,
      o.run_at, o.last_error, o.locked_by, o.locked_until, o.settled_at
    FROM outbox o;
  COMMENT ON VIEW callbacks IS 'Messages to NSI requesters: waiting, delivered, undeliverable.';
  COMMENT ON COLUMN callbacks.id IS 'Order in which they were queued.';
  COMMENT ON COLUMN callbacks.connection_id IS 'Reservation; null for the answer to a query.';
  COMMENT ON COLUMN callbacks.requester_nsa IS 'To whom.';
  COMMENT ON COLUMN callbacks.destination IS 'Where to: scheme, host and port.';
  COMMENT ON COLUMN callbacks.kind IS 'NSI message.';
  COMMENT ON COLUMN callbacks.correlation_id IS 'Correlation id that the message bears.';
  COMMENT ON COLUMN callbacks.state IS 'pending, delivered or undeliverable.';
  COMMENT ON COLUMN callbacks.created_at IS 'When it was queued.';
  COMMENT ON COLUMN callbacks.attempts IS 'How often it was sent.';
  COMMENT ON COLUMN callbacks.run_at IS 'When it is to be sent, or was last.';
  COMMENT ON COLUMN callbacks.last_error IS 'Why it did not arrive, the last time.';
  COMMENT ON COLUMN callbacks.locked_by IS 'Process that sends it.';
  COMMENT ON COLUMN callbacks.locked_until IS 'When that process loses it.';
  COMMENT ON COLUMN callbacks.settled_at IS 'When it was delivered or given up.';
`;

export class NsiMessages1795305600010 implements MigrationInterface {
  name = 'NsiMessages1795305600010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(extendReservation);
    await runner.query(createTables);
    await runner.query(createTrigger);
    await runner.query(createViews);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

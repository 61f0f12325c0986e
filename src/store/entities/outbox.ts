import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { CallbackMessage } from '../../domain/nsi/messages.js';
import { ReservationRow } from './reservation.js';

@Entity('outbox', {
  comment: 'Callbacks to NSI requesters, stored in the transaction that caused them and sent after it.',
})
@Check('outbox_state_known', "state IN ('pending', 'delivered', 'undeliverable')")
@Check('outbox_settled', "(state = 'pending') = (settled_at IS NULL)")
@Check('outbox_lease', '(locked_by IS NULL) = (locked_until IS NULL)')
@Index('outbox_connection_id', ['connectionId', 'id'])
@Index('outbox_pending', ['runAt'], { where: "state = 'pending'" })
@Index('outbox_settled_at', ['settledAt'], { where: "state <> 'pending'" })
export class OutboxRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'outbox_pk',
    comment: 'Order in which they were queued.',
  })
  id!: string;

  @Column({
    name: 'connection_id',
    type: 'text',
    nullable: true,
    comment: 'Reservation, whose messages are sent in order; null for the answer to a query.',
  })
  @ForeignKey(() => ReservationRow, { name: 'outbox_of_reservation', onDelete: 'CASCADE' })
  connectionId!: string | null;

  @Column({ name: 'requester_nsa', type: 'text', comment: 'To whom.' })
  requesterNsa!: string;

  @Column({ type: 'text', comment: 'Scheme, host and port of reply_to.' })
  destination!: string;

  @Column({ name: 'reply_to', type: 'text', comment: 'Where to.' })
  replyTo!: string;

  @Column({ name: 'correlation_id', type: 'text', comment: 'Correlation id that the message bears.' })
  correlationId!: string;

  @Column({ type: 'text', comment: 'Name of the NSI message.' })
  kind!: CallbackMessage['kind'];

  @Column({ type: 'jsonb', comment: 'The message.' })
  message!: CallbackMessage;

  @Column({ type: 'text', default: 'pending', comment: 'pending, delivered or undeliverable.' })
  state!: 'pending' | 'delivered' | 'undeliverable';

  @Column({
    name: 'run_at',
    type: 'timestamptz',
    default: () => 'clock_timestamp()',
    comment: 'When it is to be sent.',
  })
  runAt!: Date;

  @Column({ type: 'integer', default: 0, comment: 'How often it was sent.' })
  attempts!: number;

  @Column({ name: 'last_error', type: 'text', nullable: true, comment: 'Why it did not arrive, the last time.' })
  lastError!: string | null;

  @Column({ name: 'locked_by', type: 'text', nullable: true, comment: 'Process that sends it.' })
  lockedBy!: string | null;

  @Column({
    name: 'locked_until',
    type: 'timestamptz',
    nullable: true,
    comment: 'When that process’s lease ends and another may claim it.',
  })
  lockedUntil!: Date | null;

  @Column({
    name: 'created_at',
    type: 'timestamptz',
    default: () => 'clock_timestamp()',
    comment: 'When it was queued.',
  })
  createdAt!: Date;

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true, comment: 'When it was delivered or given up.' })
  settledAt!: Date | null;
}

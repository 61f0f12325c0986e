import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { NsiNotification } from '../../domain/nsi/messages.js';
import { ReservationRow } from './reservation.js';

@Entity('nsi_notification', { comment: 'NSI notifications of every reservation, for queryNotification.' })
@Check('nsi_notification_kind_known', 'kind IN (…)')
@Index('nsi_notification_at', ['at'])
export class NsiNotificationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'nsi_notification_pk',
    comment: 'Reservation.',
  })
  @ForeignKey(() => ReservationRow, { name: 'nsi_notification_of_reservation', onDelete: 'CASCADE' })
  connectionId!: string;

  @PrimaryColumn({
    name: 'notification_id',
    type: 'bigint',
    primaryKeyConstraintName: 'nsi_notification_pk',
    comment: 'Number within the reservation: 1, 2, 3 …, never used again.',
  })
  notificationId!: string;

  @Column({ type: 'timestamptz', comment: 'When it happened.' })
  at!: Date;

  @Column({ type: 'text', comment: 'Name of the NSI message.' })
  kind!: NsiNotification['kind'];

  @Column({ type: 'jsonb', comment: 'The message.' })
  message!: NsiNotification;
}

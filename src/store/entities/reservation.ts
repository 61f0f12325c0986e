import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import type { AwaitedAnswer } from '../../domain/nsi/awaited.js';
import type { ErrorEvent } from '../../domain/reservation/reservation.js';
import type { LifecycleState, ProvisionState, ReservationState } from '../../domain/reservation/states.js';

@Entity('reservation', { comment: 'Reservations and their states; what they describe is in their versions.' })
@Unique('reservation_vi_number_unique', ['viNumber'])
@Check('reservation_vi_number_range', 'vi_number BETWEEN 1 AND 4294967295')
@Check('reservation_state_known', 'reservation_state IN (…)')
@Check('reservation_provision_state_known', 'provision_state IN (…)')
@Check('reservation_lifecycle_state_known', 'lifecycle_state IN (…)')
@Index('reservation_tenant', ['tenant', 'viNumber'])
@Index('reservation_global_id', ['globalReservationId'], { where: 'global_reservation_id IS NOT NULL' })
@Index('reservation_unfinished', { synchronize: false })
@Index('reservation_live', { synchronize: false })
export class ReservationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'reservation_pk',
    comment: 'Id of the reservation.',
  })
  connectionId!: string;

  @Column({ name: 'vi_number', type: 'bigint', comment: 'Number of its virtual infrastructure, in flow cookies.' })
  viNumber!: number;

  @Column({
    name: 'global_reservation_id',
    type: 'text',
    nullable: true,
    comment: 'Id that the coordinator gave to the whole, over all sites.',
  })
  globalReservationId!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'What the requester wrote.' })
  description!: string | null;

  @Column({ type: 'text', comment: 'Whose it is.' })
  tenant!: string;

  @Column({ type: 'text', comment: 'Who asked for it: user name or certificate subject.' })
  requester!: string;

  @Column({
    name: 'auto_provision',
    type: 'boolean',
    comment: 'Whether it is provisioned at its start without being asked.',
  })
  autoProvision!: boolean;

  @Column({ name: 'terminate_on_release', type: 'boolean', comment: 'Whether a release ends it.' })
  terminateOnRelease!: boolean;

  @Column({ name: 'reservation_state', type: 'text', comment: 'NSI reservation state.' })
  reservationState!: ReservationState;

  @Column({
    name: 'provision_state',
    type: 'text',
    nullable: true,
    comment: 'NSI provision state; null before the first commit.',
  })
  provisionState!: ProvisionState | null;

  @Column({ name: 'lifecycle_state', type: 'text', comment: 'NSI lifecycle state.' })
  lifecycleState!: LifecycleState;

  @Column({ name: 'data_plane_active', type: 'boolean', comment: 'Whether the VI stands.' })
  dataPlaneActive!: boolean;

  @Column({ name: 'data_plane_version', type: 'integer', comment: 'Version that is built.' })
  dataPlaneVersion!: number;

  @Column({ name: 'data_plane_consistent', type: 'boolean', comment: 'Whether every node has that version.' })
  dataPlaneConsistent!: boolean;

  @Column({
    name: 'error_event',
    type: 'jsonb',
    nullable: true,
    comment: 'The newest problem (NSI errorEvent), until something has succeeded since.',
  })
  errorEvent!: ErrorEvent | null;

  @Column({
    name: 'requester_nsa',
    type: 'text',
    nullable: true,
    comment: 'NSA that reserved it; null if it was reserved over rms.',
  })
  requesterNsa!: string | null;

  @Column({ name: 'reply_to', type: 'text', nullable: true, comment: 'Where its NSI notifications go.' })
  replyTo!: string | null;

  @Column({ name: 'service_type', type: 'text', nullable: true, comment: 'NSI serviceType as the requester wrote it.' })
  serviceType!: string | null;

  @Column({ type: 'jsonb', nullable: true, comment: 'NSI requests that are acknowledged and not yet answered.' })
  awaited!: AwaitedAnswer[] | null;

  @Column({
    name: 'last_notification_id',
    type: 'bigint',
    default: 0,
    comment: 'Number of its newest NSI notification.',
  })
  lastNotificationId!: number;

  @Column({ name: 'last_result_id', type: 'bigint', default: 0, comment: 'Number of its newest NSI result.' })
  lastResultId!: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()', comment: 'When it was first reserved.' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()', comment: 'When this row last changed.' })
  updatedAt!: Date;
}

import { Check, Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Transition } from '../../domain/ports/store.js';
import { ReservationRow } from './reservation.js';

@Entity('history', {
  comment: 'Every transition of every reservation. Append-only; prune_history() removes old entries.',
})
@Check('history_machine_known', "machine IN ('reservation', 'provision', 'lifecycle', 'dataPlane')")
@Index('history_connection_id', ['connectionId', 'id'])
@Index('history_at', ['at'])
export class HistoryRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'history_pk',
    comment: 'Order of the entries.',
  })
  id!: string;

  @Column({ name: 'connection_id', type: 'text', comment: 'Reservation.' })
  @ForeignKey(() => ReservationRow, { name: 'history_of_reservation' })
  connectionId!: string;

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()', comment: 'When, by the clock of the database.' })
  at!: Date;

  @Column({ type: 'text', comment: 'State machine: reservation, provision, lifecycle or dataPlane.' })
  machine!: Transition['machine'];

  @Column({ name: 'from_state', type: 'text', comment: 'State before.' })
  fromState!: string;

  @Column({ name: 'to_state', type: 'text', comment: 'State after.' })
  toState!: string;

  @Column({ name: 'asked_by', type: 'text', comment: 'Who asked: a requester, time, or reconciler.' })
  askedBy!: string;

  @Column({
    name: 'correlation_id',
    type: 'text',
    nullable: true,
    comment: 'Correlation id of the request, if there was one.',
  })
  correlationId!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'Why, where that is not plain.' })
  reason!: string | null;
}

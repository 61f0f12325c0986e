import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { NsiResult } from '../../domain/nsi/messages.js';
import { ReservationRow } from './reservation.js';

@Entity('nsi_result', { comment: 'Outcomes of NSI requests, for queryResult.' })
@Check('nsi_result_kind_known', 'kind IN (…)')
@Index('nsi_result_at', ['at'])
export class NsiResultRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'nsi_result_pk',
    comment: 'Reservation.',
  })
  @ForeignKey(() => ReservationRow, { name: 'nsi_result_of_reservation', onDelete: 'CASCADE' })
  connectionId!: string;

  @PrimaryColumn({
    name: 'result_id',
    type: 'bigint',
    primaryKeyConstraintName: 'nsi_result_pk',
    comment: 'Number within the reservation: 1, 2, 3 …, never used again.',
  })
  resultId!: string;

  @Column({ type: 'timestamptz', comment: 'When the outcome was known.' })
  at!: Date;

  @Column({ name: 'correlation_id', type: 'text', comment: 'Correlation id of the request.' })
  correlationId!: string;

  @Column({ type: 'text', comment: 'Name of the NSI message.' })
  kind!: NsiResult['kind'];

  @Column({ type: 'jsonb', comment: 'The message.' })
  message!: NsiResult;
}

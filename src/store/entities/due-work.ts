import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DueWorkKind } from '../../domain/ports/store.js';

@Entity('due_work', { comment: 'What is to be done and when; claimed by workers under a lease.' })
@Check('due_work_kind_known', "kind IN ('holdTimeout', 'reconcile', 'endTime')")
@Check('due_work_lease', '(locked_by IS NULL) = (locked_until IS NULL)')
@Index('due_work_run_at', ['runAt'])
export class DueWorkRow {
  @PrimaryColumn({
    type: 'text',
    primaryKeyConstraintName: 'due_work_pk',
    comment: 'holdTimeout, reconcile or endTime.',
  })
  kind!: DueWorkKind;

  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'due_work_pk',
    comment: 'Reservation it is about.',
  })
  connectionId!: string;

  @Column({ name: 'run_at', type: 'timestamptz', comment: 'When it is due.' })
  runAt!: Date;

  @Column({ type: 'integer', default: 0, comment: 'How often it was begun.' })
  attempts!: number;

  @Column({ name: 'locked_by', type: 'text', nullable: true, comment: 'Worker that has it.' })
  lockedBy!: string | null;

  @Column({
    name: 'locked_until',
    type: 'timestamptz',
    nullable: true,
    comment: 'When that worker’s lease ends and another may claim it.',
  })
  lockedUntil!: Date | null;

  @Column({
    name: 'asked_again_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When it is due again: asked for while a worker had it.',
  })
  askedAgainAt!: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('process', { comment: 'Iris processes on this database.' })
export class ProcessRow {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'process_pk', comment: 'Made at its start.' })
  process!: string;

  @Column({ type: 'text', comment: 'For people: from the site file, or the host’s name.' })
  name!: string;

  @Column({ type: 'jsonb', comment: 'Where switches find its controller: address by node.' })
  controllers!: Record<string, string>;

  @Column({ name: 'session_pid', type: 'integer', comment: 'Server process of its session with the database.' })
  sessionPid!: number;

  @Column({
    name: 'session_started',
    type: 'timestamptz',
    nullable: true,
    comment: 'When that session began: the number alone may be used again.',
  })
  sessionStarted!: Date | null;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()', comment: 'When it started.' })
  startedAt!: Date;

  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()', comment: 'When it last said that it lives.' })
  seenAt!: Date;
}

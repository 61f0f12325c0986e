import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('request', { comment: 'Requests that were served, with their answers, so that a repeated one gets the same.' })
@Index('request_created_at', ['createdAt'])
export class RequestRow {
  @PrimaryColumn({
    type: 'text',
    primaryKeyConstraintName: 'request_pk',
    comment: 'Who asked: user name or certificate subject.',
  })
  requester!: string;

  @PrimaryColumn({
    name: 'correlation_id',
    type: 'text',
    primaryKeyConstraintName: 'request_pk',
    comment: 'The requester’s id of the request.',
  })
  correlationId!: string;

  @Column({ type: 'text', comment: 'What was asked for.' })
  operation!: string;

  @Column({ type: 'text', comment: 'SHA-256 of the canonical request, hex.' })
  digest!: string;

  @Column({ type: 'jsonb', nullable: true, comment: 'What was answered; null while it is being served.' })
  answer!: unknown;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()', comment: 'When it was served.' })
  createdAt!: Date;
}

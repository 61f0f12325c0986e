import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

@Entity('refused_identity', {
  comment: 'Requests whose identity was refused. Append-only; prune_refused_identities() removes old ones.',
})
@Check('refused_identity_error_known', "error_id IN ('00301', '00302')")
@Check('refused_identity_some', 'times > 0')
@Index('refused_identity_at', ['at'])
export class RefusedIdentityRow {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'refused_identity_pk',
    comment: 'Order of the entries.',
  })
  id!: string;

  @Column({ type: 'timestamptz', comment: 'When it was the first time that this row tells of.' })
  at!: Date;

  @Column({ type: 'integer', comment: 'How often within a minute.' })
  times!: number;

  @Column({ name: 'error_id', type: 'text', comment: 'NSI error: 00301 or 00302.' })
  errorId!: string;

  @Column({ type: 'text', comment: 'What was asked: /rms, /nsi/provider, /nsi/requester, a document.' })
  path!: string;

  @Column({ type: 'text', nullable: true, comment: 'Operation, where it was understood.' })
  operation!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'IP address that it came from.' })
  address!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'Subject of the client certificate, of an authority of ours.' })
  certificate!: string | null;

  @Column({ name: 'requester_nsa', type: 'text', nullable: true, comment: 'NSA that it said to be.' })
  requesterNsa!: string | null;

  @Column({ name: 'provider_nsa', type: 'text', nullable: true, comment: 'NSA that a callback said to be from.' })
  providerNsa!: string | null;

  @Column({ name: 'correlation_id', type: 'text', nullable: true, comment: 'Correlation id of the first.' })
  correlationId!: string | null;

  @Column({ type: 'text', comment: 'What it was told.' })
  what!: string;
}

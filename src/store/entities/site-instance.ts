import { Check, Column, Entity, Generated, PrimaryColumn } from 'typeorm';

@Entity('site_instance', {
  comment: 'The mark of this site instance: made once, on everything that Iris makes on a node.',
})
@Check('site_instance_only_one', 'singleton')
@Check('site_instance_restored_for_a_reason', '(restored_since IS NULL) = (restored_reason IS NULL)')
@Check('site_instance_accepted_by_somebody', '(accepted_at IS NULL) = (accepted_by IS NULL)')
export class SiteInstanceRow {
  @PrimaryColumn({
    type: 'boolean',
    default: true,
    primaryKeyConstraintName: 'site_instance_pk',
    comment: 'Always true: there is one row.',
  })
  singleton!: boolean;

  @Column({ type: 'uuid', comment: 'The mark.' })
  @Generated('uuid')
  instance!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()', comment: 'When it was made.' })
  createdAt!: Date;

  @Column({
    name: 'database_identity',
    type: 'text',
    nullable: true,
    comment: 'What PostgreSQL says this database is: another one after a dump was restored.',
  })
  databaseIdentity!: string | null;

  @Column({
    name: 'restored_since',
    type: 'timestamptz',
    nullable: true,
    comment: 'Since when it is known that this database was restored and nobody has accepted it; null if all is well.',
  })
  restoredSince!: Date | null;

  @Column({ name: 'restored_reason', type: 'text', nullable: true, comment: 'What told so.' })
  restoredReason!: string | null;

  @Column({
    name: 'accepted_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When an operator last accepted a restored database.',
  })
  acceptedAt!: Date | null;

  @Column({ name: 'accepted_by', type: 'text', nullable: true, comment: 'Who accepted it.' })
  acceptedBy!: string | null;
}

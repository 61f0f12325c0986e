import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('site_lease', { comment: 'Which process may change nodes, and is master of the switches.' })
@Check('site_lease_only_one', 'singleton')
@Check('site_lease_until', '(owner IS NULL) = (expires_at IS NULL)')
export class SiteLeaseRow {
  @PrimaryColumn({
    type: 'boolean',
    default: true,
    primaryKeyConstraintName: 'site_lease_pk',
    comment: 'Always true: there is one row.',
  })
  singleton!: boolean;

  @Column({ type: 'uuid', nullable: true, comment: 'Process that has it; null if it was given back.' })
  owner!: string | null;

  @Column({
    type: 'bigint',
    default: 0,
    comment: 'Grows whenever it changes hands; the generation id of OpenFlow roles.',
  })
  generation!: string;

  @Column({ name: 'taken_at', type: 'timestamptz', nullable: true, comment: 'Since when it is this owner’s.' })
  takenAt!: Date | null;

  @Column({
    name: 'expires_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'When another may take it, unless it is renewed.',
  })
  expiresAt!: Date | null;
}

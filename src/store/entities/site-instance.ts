import { Check, Column, Entity, Generated, PrimaryColumn } from 'typeorm';

@Entity('site_instance', {
  comment: 'The mark of this site instance: made once, on everything that Iris makes on a node.',
})
@Check('site_instance_only_one', 'singleton')
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
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('orphan', { comment: 'What bears our mark on a node and is not as this database has it, as last looked.' })
export class OrphanRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'orphan_pk', comment: 'Where it is.' })
  node!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'orphan_pk', comment: 'What it is.' })
  what!: string;

  @Column({
    name: 'seen_since',
    type: 'timestamptz',
    default: () => 'now()',
    comment: 'Since when it has been seen.',
  })
  seenSince!: Date;
}

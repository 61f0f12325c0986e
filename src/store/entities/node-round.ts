import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('node_round', {
  comment: 'Rounds that changed something on a node. A node that bears a higher number knows more than this database.',
})
export class NodeRoundRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'node_round_pk', comment: 'Name of the node.' })
  node!: string;

  @Column({ type: 'bigint', comment: 'Number of the newest round.' })
  round!: string;
}

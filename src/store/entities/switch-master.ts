import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('switch_master', { comment: 'Whom each switch has last accepted as its master controller.' })
export class SwitchMasterRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'switch_master_pk', comment: 'Node of the switch.' })
  node!: string;

  @Column({ type: 'uuid', comment: 'Process that it accepted.' })
  process!: string;

  @Column({ type: 'bigint', comment: 'Generation id that it accepted.' })
  generation!: string;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When.' })
  since!: Date;
}

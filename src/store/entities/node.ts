import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('node', { comment: 'Nodes that VMs can stand on, with the capacity that the site file gives them.' })
@Check('node_capacity_not_negative', 'cpus >= 0 AND memory_mib >= 0 AND disk_gib >= 0')
@Check('node_cordoned_by_somebody', '(cordoned_at IS NULL) = (cordoned_by IS NULL)')
export class NodeRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'node_pk', comment: 'Name of the node.' })
  node!: string;

  @Column({ type: 'integer', comment: 'CPUs that may be allocated at one time.' })
  cpus!: number;

  @Column({ name: 'memory_mib', type: 'integer', comment: 'Memory that may be allocated at one time, MiB.' })
  memoryMiB!: number;

  @Column({ name: 'disk_gib', type: 'integer', comment: 'Disk that may be allocated at one time, GiB.' })
  diskGiB!: number;

  @Column({
    name: 'allocation_changes',
    type: 'bigint',
    default: 0,
    comment: 'Counts changes of allocations: the capacity guard updates it first, so that concurrent sessions queue.',
  })
  allocationChanges!: string;

  @Column({
    name: 'cordoned_at',
    type: 'timestamptz',
    nullable: true,
    comment: 'Since when nothing new is placed on it; null if it is open.',
  })
  cordonedAt!: Date | null;

  @Column({ name: 'cordoned_by', type: 'text', nullable: true, comment: 'Who cordoned it.' })
  cordonedBy!: string | null;
}

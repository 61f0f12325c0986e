import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('node', { comment: 'Nodes that VMs can stand on, with the capacity that the site file gives them.' })
@Check('node_capacity_not_negative', 'cpus >= 0 AND memory_mib >= 0 AND disk_gib >= 0')
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
}

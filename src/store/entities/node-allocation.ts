import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { NodeRow } from './node.js';
import { ReservationVersionRow } from './reservation-version.js';

@Entity('node_allocation', {
  comment: 'Capacity that a version has set aside on a node; rows are removed when it is free again.',
})
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'node_allocation_of_version',
})
@Check('node_allocation_not_negative', 'vms >= 0 AND cpus >= 0 AND memory_mib >= 0 AND disk_gib >= 0')
@Check('node_allocation_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Index('node_allocation_node_period', { synchronize: false })
@Index('node_allocation_period', { synchronize: false })
export class NodeAllocationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'node_allocation_pk',
    comment: 'Reservation that has it.',
  })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'node_allocation_pk',
    comment: 'Version of the reservation; of two versions the maximum counts, never the sum.',
  })
  version!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'node_allocation_pk', comment: 'The node.' })
  @ForeignKey(() => NodeRow, { name: 'node_allocation_on_node' })
  node!: string;

  @Column({ type: 'integer', comment: 'VMs on this node.' })
  vms!: number;

  @Column({ type: 'integer', comment: 'CPUs set aside.' })
  cpus!: number;

  @Column({ name: 'memory_mib', type: 'integer', comment: 'Memory set aside, MiB.' })
  memoryMiB!: number;

  @Column({ name: 'disk_gib', type: 'integer', comment: 'Disk set aside, GiB.' })
  diskGiB!: number;

  @Column({ type: 'tstzrange', comment: 'From when until when.' })
  period!: string;
}

import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('stp', { comment: 'STPs whose capacity is accounted, as the site file has them: external ports and peers.' })
@Check('stp_capacity_positive', 'capacity_mbit > 0')
export class StpRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'stp_pk', comment: 'Local id.' })
  stp!: string;

  @Column({
    name: 'capacity_mbit',
    type: 'integer',
    comment: 'What point-to-point services may be promised of it at one time, in each direction, Mbit/s.',
  })
  capacityMbit!: number;

  @Column({
    name: 'allocation_changes',
    type: 'bigint',
    default: 0,
    comment: 'Counts changes of allocations: the capacity guard updates it first, so that concurrent sessions queue.',
  })
  allocationChanges!: string;
}

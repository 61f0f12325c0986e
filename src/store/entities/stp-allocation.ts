import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { Direction } from '../../domain/p2p/resolve-end.js';
import { ReservationVersionRow } from './reservation-version.js';
import { StpRow } from './stp.js';

@Entity('stp_allocation', {
  comment: 'Capacity that a version has set aside of an STP; rows are removed when it is free again.',
})
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'stp_allocation_of_version',
})
@Check('stp_allocation_direction_known', "direction IN ('in', 'out')")
@Check('stp_allocation_positive', 'capacity_mbit > 0')
@Check('stp_allocation_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Index('stp_allocation_stp_period', { synchronize: false })
export class StpAllocationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'stp_allocation_pk',
    comment: 'Reservation that has it.',
  })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'stp_allocation_pk',
    comment: 'Version of the reservation; of two versions the maximum counts, never the sum.',
  })
  version!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'stp_allocation_pk', comment: 'Local id of the STP.' })
  @ForeignKey(() => StpRow, { name: 'stp_allocation_on_stp' })
  stp!: string;

  @PrimaryColumn({
    type: 'text',
    primaryKeyConstraintName: 'stp_allocation_pk',
    comment: 'in: into the network; out: out of it.',
  })
  direction!: Direction;

  @Column({ name: 'capacity_mbit', type: 'integer', comment: 'Mbit/s set aside.' })
  capacityMbit!: number;

  @Column({ type: 'tstzrange', comment: 'From when until when.' })
  period!: string;
}

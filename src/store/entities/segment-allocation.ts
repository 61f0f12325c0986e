import { Check, Column, Entity, Exclusion, ForeignKey, PrimaryColumn } from 'typeorm';
import type { Encapsulation } from '../../domain/vi/criteria.js';
import { ReservationVersionRow } from './reservation-version.js';

@Entity('segment_allocation', {
  comment: 'Segment keys that versions have set aside; one reservation has a key at a time.',
})
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'segment_allocation_of_version',
})
@Check('segment_allocation_encapsulation_known', "encapsulation IN ('gre', 'vxlan', 'geneve')")
@Check('segment_allocation_key_range', 'segment_key BETWEEN 1 AND 16777215')
@Check('segment_allocation_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Exclusion(
  'segment_allocation_by_one',
  "USING gist (segment_key WITH =, encapsulation WITH =, (connection_id || '') WITH <>, period WITH &&)",
)
export class SegmentAllocationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'segment_allocation_pk',
    comment: 'Reservation that has it.',
  })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'segment_allocation_pk',
    comment: 'Version of the reservation.',
  })
  version!: number;

  @Column({ type: 'text', comment: 'gre, vxlan or geneve: each has keys of its own.' })
  encapsulation!: Encapsulation;

  @Column({ name: 'segment_key', type: 'integer', comment: 'GRE key, or VXLAN / Geneve VNI.' })
  segmentKey!: number;

  @Column({ type: 'tstzrange', comment: 'From when until when.' })
  period!: string;
}

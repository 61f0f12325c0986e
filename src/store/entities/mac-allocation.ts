import { Check, Column, Entity, Exclusion, ForeignKey, PrimaryColumn } from 'typeorm';
import type { Encapsulation } from '../../domain/vi/criteria.js';
import { ReservationVersionRow } from './reservation-version.js';

@Entity('mac_allocation', { comment: 'MAC addresses of VMs, unique within their segment.' })
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'mac_allocation_of_version',
})
@Check('mac_allocation_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Exclusion(
  'mac_allocation_by_one',
  "USING gist (mac WITH =, segment_key WITH =, encapsulation WITH =, (connection_id || '') WITH <>, period WITH &&)",
)
export class MacAllocationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'mac_allocation_pk',
    comment: 'Reservation that has it.',
  })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'mac_allocation_pk',
    comment: 'Version of the reservation.',
  })
  version!: number;

  @Column({ type: 'text', comment: 'Encapsulation of the segment.' })
  encapsulation!: Encapsulation;

  @Column({ name: 'segment_key', type: 'integer', comment: 'Key of the segment.' })
  segmentKey!: number;

  @PrimaryColumn({ type: 'macaddr', primaryKeyConstraintName: 'mac_allocation_pk', comment: 'MAC address.' })
  mac!: string;

  @Column({ type: 'tstzrange', comment: 'From when until when.' })
  period!: string;
}

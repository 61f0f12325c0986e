import { Check, Column, Entity, Exclusion, ForeignKey, PrimaryColumn } from 'typeorm';
import { ReservationVersionRow } from './reservation-version.js';

@Entity('external_port_allocation', {
  comment: 'VLANs of external ports that versions have set aside; one reservation has a port and VLAN at a time.',
})
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'external_port_allocation_of_version',
})
@Check('external_port_allocation_vlan_range', 'vlan BETWEEN 0 AND 4094')
@Check('external_port_allocation_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Exclusion(
  'external_port_allocation_by_one',
  "USING gist (port WITH =, vlan WITH =, (connection_id || '') WITH <>, period WITH &&)",
)
export class ExternalPortAllocationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'external_port_allocation_pk',
    comment: 'Reservation that has it.',
  })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'external_port_allocation_pk',
    comment: 'Version of the reservation.',
  })
  version!: number;

  @PrimaryColumn({
    type: 'text',
    primaryKeyConstraintName: 'external_port_allocation_pk',
    comment: 'Name of the external port.',
  })
  port!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'external_port_allocation_pk',
    comment: 'VLAN id; 0 is untagged frames.',
  })
  vlan!: number;

  @Column({ type: 'tstzrange', comment: 'From when until when.' })
  period!: string;
}

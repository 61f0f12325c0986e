import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { RegistryEntry } from '../../domain/registry/registry-entry.js';
import { ReservationRow } from './reservation.js';

@Entity('registry_entry', { comment: 'The management registry: which machine of a segment stands where.' })
@Check('registry_entry_vlan_range', 'vlan BETWEEN 0 AND 4094')
@Check('registry_entry_one_place', '(site IS NULL) = (node IS NOT NULL) AND (node IS NULL) = (port_name IS NULL)')
@Check('registry_entry_learnt_from_known', 'learnt_from IN (…)')
export class RegistryEntryRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'registry_entry_pk',
    comment: 'Reservation whose segment it is.',
  })
  @ForeignKey(() => ReservationRow, { name: 'registry_entry_of_reservation' })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'registry_entry_pk',
    comment: 'VLAN id within the segment; 0 is untagged.',
  })
  vlan!: number;

  @PrimaryColumn({ type: 'macaddr', primaryKeyConstraintName: 'registry_entry_pk', comment: 'MAC address.' })
  mac!: string;

  @Column({ type: 'inet', array: true, comment: 'IP addresses seen or listed with it.' })
  ips!: string[];

  @Column({ type: 'text', nullable: true, comment: 'Node it stands at, if inside the site.' })
  node!: string | null;

  @Column({ name: 'port_name', type: 'text', nullable: true, comment: 'Switch port of that node.' })
  portName!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'Other site that it lies behind.' })
  site!: string | null;

  @Column({ name: 'learnt_from', type: 'text', comment: 'How Iris came to know.' })
  learntFrom!: RegistryEntry['learntFrom'];

  @Column({ name: 'learnt_at', type: 'timestamptz', comment: 'When.' })
  learntAt!: Date;
}

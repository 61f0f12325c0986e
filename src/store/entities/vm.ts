import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { PlacedNic } from '../../domain/vi/placed-vi.js';
import { ReservationVersionRow } from './reservation-version.js';

@Entity('vm', { comment: 'The VMs of each version of a reservation, as placed.' })
@ForeignKey(() => ReservationVersionRow, ['connectionId', 'version'], ['connectionId', 'version'], {
  name: 'vm_of_version',
})
@Index('vm_node', ['node'])
export class VmRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'vm_pk',
    comment: 'Reservation it belongs to.',
  })
  connectionId!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'vm_pk', comment: 'Version of the reservation.' })
  version!: number;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'vm_pk', comment: 'Name within the reservation.' })
  name!: string;

  @Column({ type: 'text', comment: 'Where it stands or will stand.' })
  node!: string;

  @Column({ type: 'integer', comment: 'Virtual CPUs.' })
  cpus!: number;

  @Column({ name: 'memory_mib', type: 'integer', comment: 'Memory, MiB.' })
  memoryMiB!: number;

  @Column({ name: 'disk_gib', type: 'integer', comment: 'Disk, GiB.' })
  diskGiB!: number;

  @Column({ type: 'text', comment: 'Image it boots.' })
  image!: string;

  @Column({ type: 'boolean', comment: 'Whether it can run VMs itself.' })
  nested!: boolean;

  @Column({ type: 'jsonb', comment: 'Its NICs in order: mac, ip, prefixLength, portName.' })
  nics!: PlacedNic[];
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('archived_reservation', {
  comment: 'Reservations that ended long ago, moved here by archive_reservations(); Iris itself never reads them.',
})
export class ArchivedReservationRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'archived_reservation_pk',
    comment: 'Id of the reservation.',
  })
  connectionId!: string;

  @Column({ name: 'vi_number', type: 'bigint', comment: 'Number of its virtual infrastructure.' })
  viNumber!: number;

  @Column({ type: 'text', comment: 'Whose it was.' })
  tenant!: string;

  @Column({ name: 'ended_at', type: 'timestamptz', comment: 'When it last changed.' })
  endedAt!: Date;

  @Column({ type: 'jsonb', comment: 'Its row, as it was.' })
  reservation!: unknown;

  @Column({ type: 'jsonb', comment: 'Its versions with their periods, segment and VMs; without user data.' })
  versions!: unknown;

  @Column({ type: 'jsonb', comment: 'Its transitions that had not been pruned.' })
  history!: unknown;

  @Column({ name: 'archived_at', type: 'timestamptz', default: () => 'now()', comment: 'When it was archived.' })
  archivedAt!: Date;
}

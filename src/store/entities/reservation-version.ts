import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { Criteria } from '../../domain/vi/criteria.js';
import type { PlacedVi } from '../../domain/vi/placed-vi.js';
import { ReservationRow } from './reservation.js';

@Entity('reservation_version', { comment: 'Versions of reservations: what was asked for and how it was placed.' })
@Check('reservation_version_state_known', "state IN ('held', 'committed', 'replaced', 'dropped')")
@Check('reservation_version_hold_expires', "(state = 'held') = (hold_expires IS NOT NULL)")
@Check('reservation_version_period', 'NOT isempty(period) AND NOT lower_inf(period)')
@Index('reservation_version_one_held', ['connectionId'], { unique: true, where: "state = 'held'" })
@Index('reservation_version_one_committed', ['connectionId'], { unique: true, where: "state = 'committed'" })
@Index('reservation_version_period_in_force', { synchronize: false })
export class ReservationVersionRow {
  @PrimaryColumn({
    name: 'connection_id',
    type: 'text',
    primaryKeyConstraintName: 'reservation_version_pk',
    comment: 'Reservation it is a version of.',
  })
  @ForeignKey(() => ReservationRow, { name: 'reservation_version_of_reservation' })
  connectionId!: string;

  @PrimaryColumn({
    type: 'integer',
    primaryKeyConstraintName: 'reservation_version_pk',
    comment: 'Number of the version; higher is newer.',
  })
  version!: number;

  @Column({
    type: 'text',
    comment:
      'held, committed (in force), replaced (parts of it may still stand) or dropped; at most one is held and one committed.',
  })
  state!: 'held' | 'committed' | 'replaced' | 'dropped';

  @Column({ type: 'tstzrange', comment: 'From start until end; open-ended if there is none.' })
  period!: string;

  @Column({
    name: 'hold_expires',
    type: 'timestamptz',
    nullable: true,
    comment: 'When a held version times out; null otherwise.',
  })
  holdExpires!: Date | null;

  @Column({ type: 'jsonb', comment: 'What was asked for. Has user data, which is secret: in no view.' })
  criteria!: Criteria;

  @Column({ type: 'jsonb', comment: 'The same with every choice made. Has user data, which is secret: in no view.' })
  placed!: PlacedVi;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()', comment: 'When it was asked for.' })
  createdAt!: Date;
}

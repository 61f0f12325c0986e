/**
 * The exclusion constraints of labels, so that their indexes are of no use for finding a reservation's rows.
 *
 * An index of them can answer `connection_id = …` only by being read as a whole, since its entries are ordered by label; but the
 * planner takes that for as cheap as the primary key, and did so: to free what one reservation had, it read the entries of all
 * that is stored. An expression in place of the column says the same to the constraint and nothing to the planner.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const constraints: [table: string, label: string][] = [
  ['segment_allocation', 'segment_key WITH =, encapsulation WITH ='],
  ['external_port_allocation', 'port WITH =, vlan WITH ='],
  ['mac_allocation', 'mac WITH =, segment_key WITH =, encapsulation WITH ='],
];

/** In one statement: at no instant does a table stand without its constraint. */
const replace = ([table, label]: [string, string]): string => `
  ALTER TABLE ${table}
    DROP CONSTRAINT ${table}_by_one,
    ADD CONSTRAINT ${table}_by_one EXCLUDE USING gist (${label}, (connection_id || '') WITH <>, period WITH &&)`;

export class LabelsByReservation1795305600019 implements MigrationInterface {
  name = 'LabelsByReservation1795305600019';

  async up(runner: QueryRunner): Promise<void> {
    for (const constraint of constraints) await runner.query(replace(constraint));
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}

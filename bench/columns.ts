/** A table's columns: each heading with what stands below it, so that the two cannot drift apart. */
import type { Table } from './benchmark.js';

export type Columns<T> = Readonly<Record<string, (row: T) => string | number>>;

export const toTable = <T>(title: string, columns: Columns<T>, rows: readonly T[]): Table => ({
  title,
  columns: Object.keys(columns),
  rows: rows.map((row) => Object.values(columns).map((cellOf) => cellOf(row))),
});

/**
 * Comments on tables and columns, for whoever opens the database. Their words live in the entities; every migrate brings the
 * database's copy up to date.
 */
import pg from 'pg';
import type { DataSource } from 'typeorm';

const ownBookkeeping: [string, string][] = [
  ['TABLE schema_migration', 'Migrations that have been applied.'],
  ['COLUMN schema_migration.id', 'Order in which they were applied.'],
  ['COLUMN schema_migration.timestamp', 'When the migration was written, ms since 1970.'],
  ['COLUMN schema_migration.name', 'Its name.'],
];

export async function ensureTableComments(dataSource: DataSource): Promise<void> {
  const comments = dataSource.entityMetadatas.flatMap((entity): [string, string][] => [
    [`TABLE ${entity.tableName}`, entity.comment ?? ''],
    ...entity.columns.map((column): [string, string] => [
      `COLUMN ${entity.tableName}.${column.databaseName}`,
      column.comment ?? '',
    ]),
  ]);
  await dataSource.query(
    [...ownBookkeeping, ...comments]
      .map(([what, text]) => `COMMENT ON ${what} IS ${pg.escapeLiteral(text)}`)
      .join(';\n'),
  );
}

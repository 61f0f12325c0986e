/** What stands and is not as the database has it, as text for people, with what to do about it. */
import type { RmsResponse } from '../../wire/rms/types.js';
import { formatTime, renderTable } from './text-table.js';

const head = ['id', 'state', 'node', 'what', 'tenant', 'version', 'until', 'adoptable', 'seen since'];

const next = `nothing that the database knows from before is built or torn down until \`iris orphans accept-database\`.
Before that, \`iris orphans adopt ID\` what shall stay as it stands: what is over goes then, and what is newer gets the older version back`;

export function orphansText({ restoredSince, restoredReason, orphans }: RmsResponse<'listOrphans'>): string {
  const rows = orphans.map((orphan) => [
    orphan.id,
    orphan.state,
    orphan.node,
    orphan.what,
    orphan.tenant,
    orphan.version,
    orphan.endTime && formatTime(orphan.endTime),
    orphan.adoptable,
    formatTime(orphan.seenSince),
  ]);
  return [
    ...(restoredSince === undefined
      ? []
      : [`the database was restored, known since ${formatTime(restoredSince)}: ${restoredReason}`, next, '']),
    rows.length === 0 ? 'no orphans: what stands is as the database has it' : renderTable(head, rows),
  ].join('\n');
}

/** A node that was cordoned, opened or drained, and who holds it, as text for people. */
import type { RmsResponse } from '../../wire/rms/types.js';
import { formatTime, renderTable, section } from './text-table.js';

export function nodeText({ node, cordonedAt, cordonedBy, master, moved, holders }: RmsResponse<'setNode'>): string {
  const state =
    cordonedAt === undefined
      ? 'open'
      : `cordoned since ${formatTime(cordonedAt)} by ${cordonedBy}: nothing new is placed there`;
  const rows = holders.map((holder) => [
    holder.connectionId,
    holder.tenant,
    holder.vms,
    holder.cpus,
    formatTime(holder.startTime),
    holder.endTime === undefined ? 'terminated' : formatTime(holder.endTime),
    holder.built,
  ]);
  return [
    `${node} is ${state}`,
    ...(master === undefined ? [] : [`its switch has process ${master} as its master`]),
    ...moved.map((connectionId) => `${connectionId} was placed elsewhere`),
    rows.length === 0
      ? 'no reservation holds it'
      : section('held by', renderTable(['connection', 'tenant', 'vms', 'cpus', 'from', 'until', 'built'], rows)),
  ].join('\n');
}

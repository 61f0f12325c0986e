/** The registry of a reservation's segment as text for people. */
import type { RmsResponse } from '../../wire/rms/types.js';
import { formatTime, formatVlans, renderTable } from './text-table.js';

export type RegistryEntries = RmsResponse<'getReservation'>['registry'];

const placeText = (entry: RegistryEntries[number]): string =>
  entry.site !== undefined ? `site ${entry.site}` : `${entry.node ?? '?'} ${entry.port ?? ''}`.trim();

export function registryText(entries: RegistryEntries): string {
  const rows = entries.map((entry) => [
    formatVlans([entry.vlan]),
    entry.mac,
    entry.ips.join(', '),
    placeText(entry),
    entry.learntFrom,
    formatTime(entry.learntAt),
  ]);
  return renderTable(['vlan', 'mac', 'ips', 'place', 'learnt from', 'at'], rows);
}

/** What stands and is not as the database has it, from the domain's words to the wire's. */
import type { Orphan, OrphansView } from '../../domain/ports/provider.js';
import type { RmsResponse } from '../../wire/rms/types.js';

type WireOrphans = RmsResponse<'listOrphans'>;

const fromOrphan = ({ viNumber: _inFlows, end, ...orphan }: Orphan): WireOrphans['orphans'][number] => ({
  ...orphan,
  endTime: end,
});

export const fromOrphans = ({ restored, orphans }: OrphansView): WireOrphans => ({
  restoredSince: restored?.since,
  restoredReason: restored?.reason,
  orphans: orphans.map(fromOrphan),
});

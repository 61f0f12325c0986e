/** How a node is and who holds it, from the domain's words to the wire's. */
import type { NodeState } from '../../domain/ports/provider.js';
import type { NodeHolder } from '../../domain/ports/store.js';
import type { RmsResponse } from '../../wire/rms/types.js';

const fromHolder = ({ from, until, ...holder }: NodeHolder): RmsResponse<'setNode'>['holders'][number] => ({
  ...holder,
  startTime: from,
  endTime: until,
});

export const fromNodeState = ({ node, cordon, master, moved, holders }: NodeState): RmsResponse<'setNode'> => ({
  node,
  cordonedAt: cordon?.at,
  cordonedBy: cordon?.by,
  master,
  moved,
  holders: holders.map(fromHolder),
});

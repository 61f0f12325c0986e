/** What a site offers and has free, from the domain's words to the wire's. */
import type { AvailabilityView, SiteView } from '../../domain/ports/provider.js';
import type { NodeCapacity } from '../../domain/reservation/reservation.js';
import type { RmsResponse } from '../../wire/rms/types.js';

export const fromSite = ({ nodes, externalPorts, segmentKeys, ...site }: SiteView): RmsResponse<'getSite'> => ({
  ...site,
  nodes: nodes.map(({ node, ...rest }) => ({ name: node, ...rest })),
  externalPorts: externalPorts.map((port) => ({ ...port, vlans: port.vlans.map(String) })),
  segmentKeyFrom: segmentKeys.from,
  segmentKeyTo: segmentKeys.to,
});

const fromCapacity = ({ cpus, memoryMiB, diskGiB }: NodeCapacity) => ({ cpus, memoryMiB, diskGiB });

export const fromAvailability = (view: AvailabilityView): RmsResponse<'getAvailability'> => ({
  startTime: view.from,
  endTime: view.to,
  nodes: view.nodes.map((n) => ({ node: n.node, free: fromCapacity(n.free), total: fromCapacity(n.total) })),
  takenSegmentKeys: view.takenSegmentKeys,
  takenExternalPortVlans: view.takenExternalPortVlans.map(({ name, vlan }) => ({ externalPort: name, vlan })),
});

/**
 * Frames that a machine behind an external port sends as large as its own network allows, and that no tunnel carries, are lost without a
 * word. So a port whose network has larger frames than the segment is refused unless the request says that its hosts know.
 */
import { IrisError } from '../errors/iris-error.js';
import type { Site } from '../site/site-file.js';
import type { Criteria } from './criteria.js';

/** Throws IrisError for the first port that is larger than the segment and whose hosts are not said to heed it. */
export function checkExternalPortMtus({ externalPorts }: Criteria, site: Site, segmentMtu: number): void {
  for (const { name, hostsUseSegmentMtu } of externalPorts) {
    const mtu = site.externalPorts.find((port) => port.name === name)?.mtu ?? 0;
    if (mtu > segmentMtu && hostsUseSegmentMtu !== true)
      throw new IrisError('service', {
        what: `external port '${name}' has an MTU of ${mtu}, the segment one of ${segmentMtu}: set its hosts to that and say hostsUseSegmentMtu`,
        variables: { externalPort: name, mtu: String(mtu), segmentMtu: String(segmentMtu) },
      });
  }
}

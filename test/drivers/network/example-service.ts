/** Point-to-point services as the engine would place them where nothing is taken. */
import { placePointToPoint } from '../../../src/domain/p2p/place-point-to-point.js';
import type { PointToPoint } from '../../../src/domain/p2p/point-to-point.js';
import { toPointToPointCriteria } from '../../../src/domain/p2p/point-to-point-criteria.js';
import { deriveSiteStps, type SiteStp, viStpId } from '../../../src/domain/p2p/site-stps.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';

const viStpOf = ({ connectionId, viNumber }: PlacedVi): SiteStp => ({
  localId: viStpId(connectionId),
  place: { kind: 'vi', connectionId, viNumber, start: new Date(0) },
  labels: [{ from: 0, to: 4094 }],
});

export interface ServiceOptions extends Partial<PointToPoint> {
  viNumber: number;
  /** Local ids with their labels: `lan1?vlan=100`. */
  from: string;
  to: string;
  /** VIs that may be ends. */
  vis?: PlacedVi[];
}

export function toService(site: Site, { viNumber, from, to, vis = [], ...changes }: ServiceOptions): PlacedVi {
  const stpOf = (local: string): string => `${site.nsi!.networkId}:${local}`;
  const asked: PointToPoint = {
    source: stpOf(from),
    dest: stpOf(to),
    capacityMbit: 100,
    directionality: 'Bidirectional',
    ...changes,
  };
  return placePointToPoint(
    {
      connectionId: `service-${viNumber}`,
      version: 1,
      tenant: 'alpha',
      viNumber,
      criteria: toPointToPointCriteria({}, asked),
      interval: { start: new Date(0) },
    },
    site,
    [...deriveSiteStps(site), ...vis.map(viStpOf)],
    { segments: [], externalPortVlans: [] },
  );
}

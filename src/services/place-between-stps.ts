/** What placing a point-to-point service asks the database: which labels are taken, and the VIs that its ends name. */

import { type PointToPointRequest, placePointToPoint } from '../domain/p2p/place-point-to-point.js';
import { connectionOfStp, deriveSiteStps, deriveViStp, type SiteStp } from '../domain/p2p/site-stps.js';
import { parseStp } from '../domain/p2p/stp.js';
import type { StoreTransaction } from '../domain/ports/store.js';
import type { Site } from '../domain/site/site-file.js';
import type { PlacedVi } from '../domain/vi/placed-vi.js';

async function findViStps(transaction: StoreTransaction, ends: readonly string[]): Promise<SiteStp[]> {
  const found: SiteStp[] = [];
  for (const end of new Set(ends)) {
    const connectionId = connectionOfStp(parseStp(end).localId);
    const reservation = connectionId && (await transaction.findReservation(connectionId));
    const stp = reservation ? deriveViStp(reservation) : undefined;
    if (stp !== undefined) found.push(stp);
  }
  return found;
}

/** Throws IrisError, as placePointToPoint does. */
export async function placeBetweenStps(
  transaction: StoreTransaction,
  site: Site,
  request: PointToPointRequest,
): Promise<PlacedVi> {
  const { start, end } = request.interval;
  const { source, dest } = request.criteria.pointToPoint!;
  const taken = await transaction.takenLabels(start, end, request.connectionId);
  const stps = [...deriveSiteStps(site), ...(await findViStps(transaction, [source, dest]))];
  return placePointToPoint(request, site, stps, taken);
}

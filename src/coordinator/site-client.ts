/**
 * What the coordinator needs of a site's web service. A client of rms.wsdl is one as it is; over NSI it is nsi-site-client.ts. Both throw what
 * site-fault.ts tells apart.
 */
import type { RmsRequest, WireReservation } from '../wire/rms/types.js';
import type { SiteFault } from './co-allocation.js';
import type { SiteView } from './derive-requests.js';

export interface SiteReservation
  extends Pick<WireReservation, 'connectionId' | 'globalReservationId' | 'states' | 'errorEvent'> {
  /** There where a version is in force. */
  committed?: unknown;
  /** Why it is in ReserveFailed or ReserveTimeout, where that is told. */
  refusal?: SiteFault;
}

type Change = (request: RmsRequest<'commit'>) => Promise<{ reservation: SiteReservation }>;

export interface SiteClient {
  getSite(request: RmsRequest<'getSite'>): Promise<SiteView>;
  getAvailability(request: RmsRequest<'getAvailability'>): Promise<{ takenSegmentKeys: readonly number[] }>;
  reserve(request: RmsRequest<'reserve'>): Promise<{ reservation: SiteReservation }>;
  getReservation(request: RmsRequest<'getReservation'>): Promise<{ reservation: SiteReservation }>;
  /** `globalReservationId`: others need not be listed. */
  listReservations(
    request: RmsRequest<'listReservations'> & { globalReservationId: string },
  ): Promise<{ reservations: readonly SiteReservation[]; next?: string }>;
  commit: Change;
  abort: Change;
  release: Change;
  terminate: Change;
}

export type SiteClients = Readonly<Record<string, SiteClient>>;

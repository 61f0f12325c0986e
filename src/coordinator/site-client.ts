/** What the coordinator needs of a site's web service. */
import type { RmsClient } from '../client/rms-client.js';

export type SiteClient = Pick<
  RmsClient,
  | 'getSite'
  | 'getAvailability'
  | 'reserve'
  | 'getReservation'
  | 'listReservations'
  | 'commit'
  | 'abort'
  | 'release'
  | 'terminate'
>;

export type SiteClients = Readonly<Record<string, SiteClient>>;

/** The STPs that somebody may see: the site's own that are for all or for its tenant, and the VIs that it may join. */
import { deriveSiteStps, deriveViStp, type SiteStp } from '../domain/p2p/site-stps.js';
import type { Requester } from '../domain/reservation/reservation.js';
import type { SiteContext } from './site-context.js';

const pageSize = 500;

const mayUse = ({ tenants }: SiteStp, requester: Requester | undefined): boolean =>
  tenants === undefined ||
  requester?.role === 'operator' ||
  (requester?.tenant !== undefined && tenants.includes(requester.tenant));

async function listViStps({ store }: SiteContext, requester: Requester): Promise<SiteStp[]> {
  const tenant = requester.role === 'operator' ? {} : { tenant: requester.tenant! };
  const found: SiteStp[] = [];
  let after: string | undefined;
  do {
    const page = await store.listReservations(
      { ...tenant, lifecycleStates: ['Created'] },
      { limit: pageSize, ...(after === undefined ? {} : { after }) },
    );
    found.push(...page.reservations.flatMap((reservation) => deriveViStp(reservation) ?? []));
    after = page.next;
  } while (after !== undefined);
  return found.sort((a, b) => (a.localId < b.localId ? -1 : 1));
}

/** `requester` absent: nobody in particular, who sees what everybody may. */
export async function listStps(context: SiteContext, requester: Requester | undefined): Promise<SiteStp[]> {
  const ofSite = deriveSiteStps(context.site).filter((stp) => mayUse(stp, requester));
  const isSomebody = requester !== undefined && (requester.role === 'operator' || requester.tenant !== undefined);
  return isSomebody ? [...ofSite, ...(await listViStps(context, requester))] : ofSite;
}

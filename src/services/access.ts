/** Who may act for which tenant. What belongs to another tenant looks as if it did not exist. */
import { IrisError } from '../domain/errors/iris-error.js';
import type { NsiCall } from '../domain/nsi/nsi-call.js';
import type { Requester, Reservation } from '../domain/reservation/reservation.js';
import type { Site } from '../domain/site/site-file.js';

function nonexistent(connectionId: string): IrisError {
  return new IrisError('reservationNonexistent', {
    what: `there is no reservation ${connectionId}`,
    variables: { connectionId },
    connectionId,
  });
}

/** One NSA's reservations are no other's concern, even where both act for one tenant. */
const isOfAnotherNsa = ({ nsi: origin }: Reservation, nsi: NsiCall | undefined): boolean =>
  nsi !== undefined && origin !== undefined && origin.requesterNSA !== nsi.requesterNSA;

/** The reservation, if there is one and the requester may see it. */
export function ensureVisible(
  reservation: Reservation | undefined,
  connectionId: string,
  requester: Requester,
  nsi?: NsiCall,
): Reservation {
  const mayLook = requester.role === 'operator' || requester.tenant === reservation?.tenant;
  if (reservation === undefined || !mayLook || isOfAnotherNsa(reservation, nsi)) throw nonexistent(connectionId);
  return reservation;
}

export function ensureOperator({ subject, role }: Requester, what: string): void {
  if (role !== 'operator')
    throw new IrisError('unauthorized', {
      what: `'${subject}' is no operator: ${what} is for operators`,
      variables: { role },
    });
}

/** The tenant that a request is for: the credential's own, or any of the site for an operator. */
export function deriveTenant(requester: Requester, asked: string | undefined, site: Site): string {
  const tenant = asked ?? requester.tenant;
  if (requester.role === 'tenant' && (requester.tenant === undefined || tenant !== requester.tenant))
    throw new IrisError('unauthorized', {
      what: `'${requester.subject}' acts for tenant '${requester.tenant ?? 'none'}', not for '${tenant ?? 'none'}'`,
      variables: { tenant: tenant ?? '' },
    });
  if (tenant === undefined)
    throw new IrisError('missingParameter', {
      what: 'an operator says which tenant a request is for',
      variables: { parameter: 'tenant' },
    });
  if (!site.tenants.some((known) => known.name === tenant))
    throw new IrisError('unauthorized', { what: `tenant '${tenant}' is not known here`, variables: { tenant } });
  return tenant;
}

/** The tenant whose reservations may be listed; absent for an operator that asks for all. */
export function deriveVisibleTenant(requester: Requester, asked: string | undefined, site: Site): string | undefined {
  return requester.role === 'operator' && asked === undefined ? undefined : deriveTenant(requester, asked, site);
}

/**
 * Which requester of the site file asks: the header says an NSA, and the credential must be one that may speak for it. A certificate or
 * token that is not known is 00301; one that is known and not this NSA's is 00302.
 */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Site } from '../../domain/site/site-file.js';
import { canonicalSubject } from '../../lib/certificate-subject.js';
import { type Credential, noCredential, unknownCertificate } from '../security/authenticate.js';

export type NsiSite = NonNullable<Site['nsi']>;
type NsiRequester = NsiSite['requesters'][number];

const forbidden = (requesterNSA: string, what: string): IrisError =>
  new IrisError('unauthorized', { what, variables: { requesterNSA } });

function checkToken(entry: NsiRequester, { tenant, role, subject }: Requester): void {
  if (entry.certificate !== undefined)
    throw new IrisError('authenticationFailure', {
      what: `requester '${entry.nsaId}' shows a client certificate; a token is not enough`,
      variables: { requesterNSA: entry.nsaId },
    });
  if (role !== 'operator' && tenant !== entry.tenant)
    throw forbidden(entry.nsaId, `'${subject}' does not act for requester '${entry.nsaId}'`);
}

function checkCertificate(entry: NsiRequester, subject: string, requester: Requester | undefined): void {
  const isOwn = entry.certificate !== undefined && canonicalSubject(entry.certificate) === subject;
  const isOfTenant =
    entry.certificate === undefined && (requester?.role === 'operator' || requester?.tenant === entry.tenant);
  if (!isOwn && !isOfTenant)
    throw forbidden(entry.nsaId, `the client certificate is not that of requester '${entry.nsaId}'`);
}

/** `isPrivate`: nobody on the way can write into the connection, or the site file says not to care. Throws IrisError. */
export function identify(
  { requesters }: NsiSite,
  credential: Credential | undefined,
  requesterNSA: string,
  isPrivate: boolean,
): Requester {
  const entry = requesters.find(({ nsaId }) => nsaId === requesterNSA);
  if (credential === undefined && !(entry?.withoutCredential === true && isPrivate)) throw noCredential();
  const isUnknown =
    credential?.kind === 'certificate' &&
    credential.requester === undefined &&
    !requesters.some(({ certificate }) => certificate && canonicalSubject(certificate) === credential.subject);
  if (isUnknown) throw unknownCertificate(credential.subject);
  if (entry === undefined) throw forbidden(requesterNSA, `requester '${requesterNSA}' is not known here`);
  if (credential?.kind === 'user') checkToken(entry, credential.requester);
  if (credential?.kind === 'certificate') checkCertificate(entry, credential.subject, credential.requester);
  const subject = credential?.kind === 'user' ? credential.requester.subject : (credential?.subject ?? requesterNSA);
  // Whoever speaks for an NSA is no more than that NSA.
  return { subject, tenant: entry.tenant, role: 'tenant' };
}

/** Who asks: by the UsernameToken of the message or, where it has none, by the client certificate of the connection. */
import type { X509Certificate } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import { subjectOf } from './certificate-subject.js';
import { judgeUsernameToken, readUsernameToken, type TokenJudge } from './username-token.js';

export interface PeerConnection {
  /** TLS, or loopback. */
  confidential: boolean;
  /** Only one that an authority of ours signed. */
  certificate: X509Certificate | undefined;
}

/** Throws IrisError 00301. */
export function authenticate(
  judge: TokenJudge,
  security: XmlElement | undefined,
  connection: PeerConnection,
): Requester {
  const token = security === undefined ? undefined : readUsernameToken(security);
  if (token !== undefined) return judgeUsernameToken(judge, token, connection.confidential);
  if (connection.certificate === undefined)
    throw new IrisError('authenticationFailure', {
      what: 'the request has neither a WS-Security UsernameToken nor a client certificate',
    });
  const subject = subjectOf(connection.certificate);
  const requester = judge.credentials.certificates.get(subject);
  if (requester === undefined)
    throw new IrisError('authenticationFailure', {
      what: 'the client certificate is not known here',
      variables: { subject },
    });
  return requester;
}

/** A tenant that a request names must be the credential's own, unless an operator asks. Throws IrisError 00302. */
export function checkTenant(requester: Requester, tenant: string | undefined): void {
  if (tenant === undefined || requester.role === 'operator' || tenant === requester.tenant) return;
  throw new IrisError('unauthorized', { what: `the credential is not of tenant '${tenant}'`, variables: { tenant } });
}

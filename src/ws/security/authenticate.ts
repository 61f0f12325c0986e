/** Who asks: by the UsernameToken of the message or, where it has none, by the client certificate of the connection. */
import type { X509Certificate } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import { subjectOf } from '../../lib/certificate-subject.js';
import { judgeUsernameToken, readUsernameToken, type TokenJudge } from './username-token.js';

export interface PeerConnection {
  /** TLS, or loopback. */
  confidential: boolean;
  /** Only one that an authority of ours signed. */
  certificate: X509Certificate | undefined;
}

/** `requester`: whose certificate the site file says it is. */
export type Credential =
  | { kind: 'user'; requester: Requester }
  | { kind: 'certificate'; subject: string; requester: Requester | undefined };

/** What a request brings with it, judged. Throws IrisError 00301 for a token that is not good. */
export function findCredential(
  judge: TokenJudge,
  security: XmlElement | undefined,
  connection: PeerConnection,
): Credential | undefined {
  const token = security === undefined ? undefined : readUsernameToken(security);
  if (token !== undefined)
    return { kind: 'user', requester: judgeUsernameToken(judge, token, connection.confidential) };
  if (connection.certificate === undefined) return undefined;
  const subject = subjectOf(connection.certificate);
  return { kind: 'certificate', subject, requester: judge.credentials.certificates.get(subject) };
}

export const noCredential = (): IrisError =>
  new IrisError('authenticationFailure', {
    what: 'the request has neither a WS-Security UsernameToken nor a client certificate',
  });

export const unknownCertificate = (subject: string): IrisError =>
  new IrisError('authenticationFailure', {
    what: 'the client certificate is not known here',
    variables: { subject },
  });

/** Throws IrisError 00301. */
export function authenticate(
  judge: TokenJudge,
  security: XmlElement | undefined,
  connection: PeerConnection,
): Requester {
  const credential = findCredential(judge, security, connection);
  if (credential === undefined) throw noCredential();
  if (credential.kind === 'certificate' && credential.requester === undefined)
    throw unknownCertificate(credential.subject);
  return credential.requester!;
}

/** A tenant that a request names must be the credential's own, unless an operator asks. Throws IrisError 00302. */
export function checkTenant(requester: Requester, tenant: string | undefined): void {
  if (tenant === undefined || requester.role === 'operator' || tenant === requester.tenant) return;
  throw new IrisError('unauthorized', { what: `the credential is not of tenant '${tenant}'`, variables: { tenant } });
}

/**
 * Who reads the documents: by client certificate, or by user name and password (Basic, RFC 7617) over TLS or loopback. Nobody in particular is let see
 * what everybody may. Throws IrisError 00301 for a password that is not right.
 */
import { IrisError } from '../../domain/errors/iris-error.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import { canonicalSubject, subjectOf } from '../../lib/certificate-subject.js';
import { passwordTextType } from '../../wire/soap/namespaces.js';
import type { PeerConnection } from '../security/authenticate.js';
import { judgeUsernameToken, type TokenJudge } from '../security/username-token.js';
import type { NsiSite } from './identify.js';

function readBasic(authorization: string): { name: string; password: string } {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (name === undefined || password === undefined)
    throw new IrisError('authenticationFailure', {
      what: 'the Authorization header is not Basic with a user name and a password',
    });
  return { name, password };
}

export function findViewer(
  judge: TokenJudge,
  { requesters }: NsiSite,
  connection: PeerConnection,
  authorization: string | undefined,
): Requester | undefined {
  if (authorization !== undefined) {
    const basic = readBasic(authorization);
    const token = {
      ...basic,
      passwordType: passwordTextType,
      nonce: undefined,
      created: undefined,
      expires: undefined,
    };
    return judgeUsernameToken(judge, token, connection.confidential);
  }
  if (connection.certificate === undefined) return undefined;
  const subject = subjectOf(connection.certificate);
  const entry = requesters.find(({ certificate }) => certificate && canonicalSubject(certificate) === subject);
  return entry === undefined
    ? judge.credentials.certificates.get(subject)
    : { subject, tenant: entry.tenant, role: 'tenant' };
}

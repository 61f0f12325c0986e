/** A WS-Security header with a UsernameToken, its password as a digest: Base64(SHA-1(nonce + created + password)) (UsernameToken Profile 1.0 §3.1). */
import { createHash, randomBytes } from 'node:crypto';
import { passwordDigestType, securityNamespace, securityUtilityNamespace } from '../wire/soap/namespaces.js';
import { escapeXml } from '../wire/xml/scalar-texts.js';

/** Good for one message. */
export function writeUsernameToken(user: string, password: string): string {
  const nonce = randomBytes(16);
  const created = new Date().toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return (
    `<wsse:Security xmlns:wsse="${securityNamespace}" xmlns:wsu="${securityUtilityNamespace}">` +
    `<wsse:UsernameToken><wsse:Username>${escapeXml(user)}</wsse:Username>` +
    `<wsse:Password Type="${passwordDigestType}">${digest}</wsse:Password>` +
    `<wsse:Nonce>${nonce.toString('base64')}</wsse:Nonce><wsu:Created>${created}</wsu:Created>` +
    '</wsse:UsernameToken></wsse:Security>'
  );
}

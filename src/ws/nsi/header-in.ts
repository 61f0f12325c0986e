/** The nsiHeader of a message: exactly one, for an agent of this version in the role that it has here, and that agent is us. */
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import { header, type WireHeader } from '../../wire/nsi/framework-types.js';
import type { HeaderToWrite } from '../../wire/nsi/messages.js';
import { headerVocabulary, providerProtocol, requesterProtocol } from '../../wire/nsi/namespaces.js';
import { readElement } from '../../wire/xml/read-element.js';
import { blocksForUs } from '../soap/header-blocks.js';
import { qualifiedName } from '../soap/message.js';
import type { MessageSchema } from '../soap/message-schema.js';
import { clientRefusal } from '../soap/refusal.js';

export const nsiHeaderName = `{${headerVocabulary.namespace}}nsiHeader`;

/** Throws a Refusal unless there is one, as its schema says. */
export function readHeader(schema: MessageSchema, soapHeader: XmlElement | undefined): WireHeader {
  const [block, second] = blocksForUs(soapHeader).filter((element) => qualifiedName(element) === nsiHeaderName);
  if (block === undefined)
    throw clientRefusal('the message has no nsiHeader', { parameter: 'nsiHeader' }, 'missingParameter');
  if (second !== undefined) throw clientRefusal('the message has several nsiHeaders', { element: 'nsiHeader' });
  schema.validate(block);
  return readElement(header, block);
}

/** Whom a message is for: the role that its protocol version names, and us in it. */
export interface Addressee {
  role: 'provider' | 'requester';
  nsa: string;
}

const protocols = { provider: providerProtocol, requester: requesterProtocol } as const;

/** Throws IrisError 00104, or 00102 for what is meant for another agent. */
export function checkAddressee(
  { protocolVersion, providerNsa, requesterNsa }: WireHeader,
  { role, nsa }: Addressee,
): void {
  const protocol = protocols[role];
  if (protocolVersion.trim() !== protocol)
    throw new IrisError('versionNotSupported', {
      what: `'${protocolVersion}' is not spoken here; it is ${protocol}`,
      variables: { protocolVersion, supported: protocol },
    });
  const meant = role === 'provider' ? providerNsa : requesterNsa;
  if (meant !== nsa)
    throw new IrisError('unsupportedParameter', {
      what: `the message is for '${meant}', and this is '${nsa}'`,
      variables: { [`${role}NSA`]: meant, supported: nsa },
    });
}

/** What is answered goes back to the other one, under the same correlation id. */
export const toAnswerHeader = (
  { correlationId, requesterNsa, providerNsa }: WireHeader,
  { role, nsa }: Addressee,
): HeaderToWrite => ({
  protocolVersion: role === 'provider' ? requesterProtocol : providerProtocol,
  correlationId,
  requesterNsa: role === 'requester' ? nsa : requesterNsa,
  providerNsa: role === 'provider' ? nsa : providerNsa,
});

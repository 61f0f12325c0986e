/** The nsiHeader of a request: exactly one, for a provider of this version, and that provider is us. */
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

/** Throws IrisError 00104, or 00102 for what is meant for another provider. */
export function checkAddressee({ protocolVersion, providerNsa }: WireHeader, ourNsa: string): void {
  if (protocolVersion.trim() !== providerProtocol)
    throw new IrisError('versionNotSupported', {
      what: `'${protocolVersion}' is not spoken here; it is ${providerProtocol}`,
      variables: { protocolVersion, supported: providerProtocol },
    });
  if (providerNsa !== ourNsa)
    throw new IrisError('unsupportedParameter', {
      what: `the message is for '${providerNsa}', and this is '${ourNsa}'`,
      variables: { providerNSA: providerNsa, supported: ourNsa },
    });
}

/** What is answered goes back to the requester, under the same correlation id. */
export const toAnswerHeader = ({ correlationId, requesterNsa }: WireHeader, ourNsa: string): HeaderToWrite => ({
  protocolVersion: requesterProtocol,
  correlationId,
  requesterNsa,
  providerNsa: ourNsa,
});

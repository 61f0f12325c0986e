/** Messages to a provider as text, and its answers as data. Every answer, and every callback, is held to wsdl/nsi here. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';
import { type ConnectionElement, connectionElements, type WireOf } from '../../../src/wire/nsi/connection-types.js';
import { header, type WireHeader } from '../../../src/wire/nsi/framework-types.js';
import { writeBody } from '../../../src/wire/nsi/messages.js';
import { connectionVocabulary, headerVocabulary, providerProtocol } from '../../../src/wire/nsi/namespaces.js';
import { readElement } from '../../../src/wire/xml/read-element.js';
import { compileSchema } from '../../../src/ws/soap/message-schema.js';

const schema = compileSchema(packageFile('wsdl', 'nsi', 'all.xsd'));

export const ourNsa = 'urn:ogf:network:osaka.example:2026:nsa';
export const aggregator = 'urn:ogf:network:aggregator.example:2020:nsa';
export const newId = (): string => `urn:uuid:${randomUUID()}`;

export interface HeaderSaid {
  protocolVersion?: string;
  correlationId?: string;
  requesterNsa?: string;
  providerNsa?: string;
  replyTo?: string;
  /** XML after the known elements. */
  more?: string;
}

export const nsiHeader = (said: HeaderSaid = {}): string =>
  `<h:nsiHeader xmlns:h="${headerVocabulary.namespace}"><protocolVersion>${said.protocolVersion ?? providerProtocol}</protocolVersion>` +
  `<correlationId>${said.correlationId ?? newId()}</correlationId><requesterNSA>${said.requesterNsa ?? aggregator}</requesterNSA>` +
  `<providerNSA>${said.providerNsa ?? ourNsa}</providerNSA>${said.replyTo === undefined ? '' : `<replyTo>${said.replyTo}</replyTo>`}` +
  `${said.more ?? ''}</h:nsiHeader>`;

export const envelope = (head: string, body: string): string =>
  `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>${head}</S:Header><S:Body>${body}</S:Body></S:Envelope>`;

/** Content as it is, in the root element of a message. */
export const element = (name: string, content: string): string =>
  `<n:${name} xmlns:n="${connectionVocabulary.namespace}">${content}</n:${name}>`;

export interface Fault {
  code: string;
  string: string;
  detail: 'serviceException' | 'error' | undefined;
  exception: WireOf<'serviceException'> | undefined;
}

export interface Heard {
  header: WireHeader | undefined;
  element: string;
  body: unknown;
  fault: Fault | undefined;
}

const soap = { S: 'http://schemas.xmlsoap.org/soap/envelope/' };
const elements = (from: XmlElement, path: string): XmlElement[] =>
  from.find(path, soap).filter((node) => node instanceof XmlElement);

function readFault(fault: XmlElement): Fault {
  const details = elements(fault, 'detail/*');
  assert(details.length < 2, 'one element in a detail');
  const detail = details[0];
  if (detail !== undefined) schema.validate(detail);
  const name = detail?.name as Fault['detail'];
  const exception =
    detail &&
    (name === 'error'
      ? readElement(connectionElements.error, detail).serviceException
      : readElement(connectionElements.serviceException, detail));
  return { code: fault.get('faultcode')!.content, string: fault.get('faultstring')!.content, detail: name, exception };
}

/** Throws for a message that is not as the contract says. */
export function hear(xml: string): Heard {
  const document = XmlDocument.fromString(xml);
  try {
    const heads = elements(document.root, '/S:Envelope/S:Header/*');
    const [body, ...others] = elements(document.root, '/S:Envelope/S:Body/*');
    assert(body !== undefined && others.length === 0 && heads.length < 2, xml);
    for (const head of heads) schema.validate(head);
    const read = heads[0] && readElement(header, heads[0]);
    if (body.name === 'Fault') return { header: read, element: 'Fault', body: undefined, fault: readFault(body) };
    assert(read !== undefined, 'an nsiHeader on everything but faults');
    assert.equal(body.namespaceUri, connectionVocabulary.namespace);
    schema.validate(body);
    const type = connectionElements[body.name as ConnectionElement];
    return { header: read, element: body.name, body: readElement(type, body), fault: undefined };
  } finally {
    document.dispose();
  }
}

export const write = <E extends ConnectionElement>(name: E, value: WireOf<E>): string => writeBody(name, value);

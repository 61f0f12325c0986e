/** Whole messages of NSI CS 2.0 as text: an envelope with the header that each must have, and one body. */

import { soapEnvelopeNamespace } from '../soap/namespaces.js';
import type { XmlFragment } from '../xml/schema-type.js';
import { writeXml } from '../xml/write-xml.js';
import { type ConnectionElement, connectionElements, type WireOf } from './connection-types.js';
import { header, type WireHeader } from './framework-types.js';
import { connectionVocabulary, headerVocabulary } from './namespaces.js';

/** `<nsi:reserve xmlns:nsi="…">…</nsi:reserve>`. Throws WireValueError. */
export const writeBody = <E extends ConnectionElement>(element: E, value: WireOf<E>): string =>
  writeXml(connectionVocabulary, element, connectionElements[element], value);

export type HeaderToWrite = Omit<WireHeader, 'securityAttributes' | 'others'> & { others?: XmlFragment[] };

const writeHeader = (value: HeaderToWrite): string =>
  writeXml(headerVocabulary, 'nsiHeader', header, { securityAttributes: [], others: [], ...value });

/** The envelope around a body that has been written. `otherBlocks`: header blocks beside the nsiHeader, as XML. Throws WireValueError. */
export const wrapBody = (head: HeaderToWrite | undefined, body: string, otherBlocks = ''): string =>
  `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${soapEnvelopeNamespace}">` +
  `${head === undefined ? '' : `<soap:Header>${writeHeader(head)}${otherBlocks}</soap:Header>`}` +
  `<soap:Body>${body}</soap:Body></soap:Envelope>`;

/** Throws WireValueError. */
export const writeNsiMessage = <E extends ConnectionElement>(
  head: HeaderToWrite,
  element: E,
  value: WireOf<E>,
  otherBlocks = '',
): string => wrapBody(head, writeBody(element, value), otherBlocks);

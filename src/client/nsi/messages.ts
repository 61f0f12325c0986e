/** Messages to an NSI provider and its answers: each is held to wsdl/nsi before it is sent, and before it is believed. */
import { type XmlDocument, XmlElement } from 'libxml2-wasm';
import { parseUntrustedXml } from '../../lib/untrusted-xml.js';
import { type CompiledSchema, NotValid } from '../../lib/xml-schema.js';
import { type ConnectionElement, connectionElements, type WireOf } from '../../wire/nsi/connection-types.js';
import {
  header,
  serviceException,
  type WireHeader,
  type WireServiceException,
} from '../../wire/nsi/framework-types.js';
import { connectionVocabulary, headerVocabulary } from '../../wire/nsi/namespaces.js';
import { mendCallbackTimes } from '../../wire/nsi/tolerance.js';
import { soapEnvelopeNamespace } from '../../wire/soap/namespaces.js';
import { readElement } from '../../wire/xml/read-element.js';
import { WireValueError } from '../../wire/xml/wire-value-error.js';

/** It is no answer of an NSI provider; `message` says why. */
export class NoNsiAnswer extends Error {
  override name = 'NoNsiAnswer';
}

export type NsiAnswer<E extends ConnectionElement> =
  | { header: WireHeader; value: WireOf<E> }
  | { fault: WireServiceException };

function parse(xml: string): XmlDocument {
  // SOAP 1.1 §3; and what has no document type has no entities to blow up.
  if (/<!DOCTYPE/i.test(xml)) throw new NoNsiAnswer('it has a document type');
  try {
    return parseUntrustedXml(xml.replace(/^\uFEFF/, ''));
  } catch {
    throw new NoNsiAnswer('it is not XML');
  }
}

function childrenOf(parent: XmlElement | undefined): XmlElement[] {
  const children: XmlElement[] = [];
  for (let node = parent?.firstChild ?? null; node !== null; node = node.next)
    if (node instanceof XmlElement) children.push(node);
  return children;
}

const isNamed = (element: XmlElement, namespace: string, name: string): boolean =>
  element.namespaceUri === namespace && element.name === name;

interface Envelope {
  head: XmlElement | undefined;
  payload: XmlElement;
}

function takeApart({ root }: XmlDocument): Envelope {
  const parts = isNamed(root, soapEnvelopeNamespace, 'Envelope') ? childrenOf(root) : [];
  const heads = childrenOf(parts.find((part) => isNamed(part, soapEnvelopeNamespace, 'Header'))).filter((block) =>
    isNamed(block, headerVocabulary.namespace, 'nsiHeader'),
  );
  const [payload, ...others] = childrenOf(parts.find((part) => isNamed(part, soapEnvelopeNamespace, 'Body')));
  if (payload === undefined || others.length > 0 || heads.length > 1)
    throw new NoNsiAnswer('it is no SOAP 1.1 message of NSI');
  return { head: heads[0], payload };
}

/** The exception is looked for by its name alone: there are providers that have it in another namespace, or say too little in it. */
function readFault(fault: XmlElement): WireServiceException {
  const text =
    childrenOf(fault)
      .find(({ name }) => name === 'faultstring')
      ?.content.trim() ?? '';
  const detail = childrenOf(childrenOf(fault).find(({ name }) => name === 'detail'))[0];
  const found = detail?.name === 'serviceException' ? detail : childrenOf(detail)[0];
  try {
    if (found?.name === 'serviceException') return readElement(serviceException, found);
  } catch (error) {
    if (!(error instanceof WireValueError)) throw error;
  }
  throw new NoNsiAnswer(`it is a fault that is not NSI's: ${text}`);
}

function readSound<E extends ConnectionElement>(schema: CompiledSchema, { head, payload }: Envelope, element: E) {
  if (head === undefined) throw new NoNsiAnswer('it has no nsiHeader');
  if (!isNamed(payload, connectionVocabulary.namespace, element))
    throw new NoNsiAnswer(`it is {${payload.namespaceUri}}${payload.name}, and not ${element}`);
  mendCallbackTimes(payload);
  schema.validate(head);
  schema.validate(payload);
  return { header: readElement(header, head), value: readElement(connectionElements[element], payload) as WireOf<E> };
}

/** `element`: what the answer must be, unless it is a fault. Throws NoNsiAnswer. */
export function readAnswer<E extends ConnectionElement>(schema: CompiledSchema, xml: string, element: E): NsiAnswer<E> {
  const document = parse(xml);
  try {
    const envelope = takeApart(document);
    if (isNamed(envelope.payload, soapEnvelopeNamespace, 'Fault')) return { fault: readFault(envelope.payload) };
    return readSound(schema, envelope, element);
  } catch (error) {
    if (error instanceof NotValid || error instanceof WireValueError)
      throw new NoNsiAnswer(`it is not as the contract has it: ${error.message}`);
    throw error;
  } finally {
    document.dispose();
  }
}

/** Throws WireValueError for a request that is not as the contract has it. */
export function checkRequest(schema: CompiledSchema, xml: string): void {
  const document = parse(xml);
  try {
    const { head, payload } = takeApart(document);
    schema.validate(head!);
    schema.validate(payload);
  } catch (error) {
    if (!(error instanceof NotValid)) throw error;
    throw new WireValueError(error.problems[0]?.path ?? '', error.message);
  } finally {
    document.dispose();
  }
}

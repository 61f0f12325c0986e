/**
 * A request as an XML document that is safe to hand on: scanned, well formed, and with the structure of a SOAP 1.1 envelope.
 */
import { type XmlDocument, XmlElement, XmlLibError } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import { parseUntrustedXml } from '../../lib/untrusted-xml.js';
import { soap12EnvelopeNamespace, soapEnvelopeNamespace } from '../../wire/soap/namespaces.js';
import { type ScanOptions, scanMessage } from './message-scan.js';
import { decodeMessage } from './message-text.js';
import { clientRefusal, Refusal } from './refusal.js';

export interface SoapMessage {
  header: XmlElement | undefined;
  /** The one child of the Body. */
  payload: XmlElement;
  /** Must be called: the document lives outside of the garbage collector. */
  dispose(): void;
}

function parse(text: string): XmlDocument {
  try {
    return parseUntrustedXml(text);
  } catch (error) {
    const detail = error instanceof XmlLibError ? error.details[0] : undefined;
    const where: Record<string, string> =
      detail === undefined ? {} : { line: String(detail.line), column: String(detail.col) };
    const what = detail?.message.trim() ?? 'cannot be parsed';
    throw clientRefusal(`the request is not well-formed XML: ${what} (line ${where.line ?? '?'})`, where);
  }
}

const maxChildren = 64;

/** The element children of a part of the envelope. Throws a Refusal if there are very many. */
export function childElements(parent: XmlElement): XmlElement[] {
  const children: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.next)
    if (node instanceof XmlElement && children.push(node) > maxChildren)
      throw clientRefusal(`${parent.name} has more than ${maxChildren} elements`, { element: parent.name });
  return children;
}

export const qualifiedName = (element: XmlElement): string => `{${element.namespaceUri}}${element.name}`;

const isEnvelopePart = (element: XmlElement, name: string): boolean =>
  qualifiedName(element) === `{${soapEnvelopeNamespace}}${name}`;

const versionMismatch = (what: string): Refusal =>
  new Refusal('VersionMismatch', new IrisError('versionNotSupported', { what }));

function takeEnvelopeApart(document: XmlDocument): { header: XmlElement | undefined; payload: XmlElement } {
  const root = document.root;
  if (root.name !== 'Envelope')
    throw clientRefusal(`the root element is ${qualifiedName(root)}, not a SOAP envelope`, { element: root.name });
  if (root.namespaceUri === soap12EnvelopeNamespace)
    throw versionMismatch('this is SOAP 1.2; the service speaks SOAP 1.1');
  if (root.namespaceUri !== soapEnvelopeNamespace)
    throw versionMismatch(`the envelope is in namespace '${root.namespaceUri}'; the service speaks SOAP 1.1`);
  const children = childElements(root);
  const header = children[0] !== undefined && isEnvelopePart(children[0], 'Header') ? children.shift() : undefined;
  const [body, ...rest] = children;
  if (body === undefined || !isEnvelopePart(body, 'Body'))
    throw clientRefusal('the envelope has no Body where it belongs');
  if (rest.length > 0)
    throw clientRefusal(`the envelope goes on after its Body with ${qualifiedName(rest[0]!)}`, {
      element: rest[0]!.name,
    });
  const payload = childElements(body);
  if (payload.length !== 1)
    throw clientRefusal(`the Body has ${payload.length} elements, where it must have exactly one`, {
      elements: String(payload.length),
    });
  return { header, payload: payload[0]! };
}

/** Throws a Refusal. */
export function readSoapMessage(bytes: Uint8Array, charset: string | undefined, options?: ScanOptions): SoapMessage {
  const text = decodeMessage(bytes, charset);
  scanMessage(text, options);
  const document = parse(text);
  try {
    return { ...takeEnvelopeApart(document), dispose: () => document.dispose() };
  } catch (error) {
    document.dispose();
    throw error;
  }
}

function canonical(payload: XmlElement): string {
  try {
    return payload.canonicalizeToString();
  } catch {
    // Canonical XML 1.0 §1.3 has no relative namespaces; nothing else of a parsed message can fail.
    throw clientRefusal('the message names a namespace that is no absolute URI');
  }
}

/** The message that the SOAP library is given: the payload alone, canonical, without the sender's headers. Throws a Refusal. */
export const bareEnvelope = (payload: XmlElement): string =>
  `<soap:Envelope xmlns:soap="${soapEnvelopeNamespace}"><soap:Body>${canonical(payload)}</soap:Body></soap:Envelope>`;

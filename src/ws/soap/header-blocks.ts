/** The header blocks of a message: the one WS-Security block is understood, others are ignored unless they must be understood (SOAP 1.1 §4.2.3). */
import type { XmlElement } from 'libxml2-wasm';
import { IrisError } from '../../domain/errors/iris-error.js';
import {
  securityNamespace,
  securityUtilityNamespace,
  soapEnvelopeNamespace,
  soapNextActor,
} from '../../wire/soap/namespaces.js';
import { childElements, qualifiedName } from './message.js';
import { clientRefusal, Refusal } from './refusal.js';

export const attribute = (element: XmlElement, name: string, namespace = ''): string | undefined =>
  element.attrs.find((a) => a.name === name && a.namespaceUri === namespace)?.value;

const understoodParts = new Set([`{${securityNamespace}}UsernameToken`, `{${securityUtilityNamespace}}Timestamp`]);

const mustUnderstand = (element: XmlElement): boolean => {
  const flag = attribute(element, 'mustUnderstand', soapEnvelopeNamespace);
  return flag === '1' || flag === 'true';
};

/** A block with another actor is for somebody on the way. */
const isForUs = (element: XmlElement): boolean => {
  const actor = attribute(element, 'actor', soapEnvelopeNamespace) ?? '';
  return actor === '' || actor === soapNextActor;
};

const notUnderstood = (element: XmlElement, part: string): Refusal =>
  new Refusal(
    'MustUnderstand',
    new IrisError('unsupportedParameter', {
      what: `the header ${part} on line ${element.line} is not understood here`,
    }),
  );

/** The blocks of a header that are for us. */
export const blocksForUs = (header: XmlElement | undefined): XmlElement[] =>
  header === undefined ? [] : childElements(header).filter(isForUs);

/** The Security block, if there is one. `understood`: the qualified name of a block that a face reads besides. Throws a Refusal. */
export function findSecurity(header: XmlElement | undefined, understood?: string): XmlElement | undefined {
  const blocks = blocksForUs(header);
  const isSecurity = (block: XmlElement) => qualifiedName(block) === `{${securityNamespace}}Security`;
  const isKnown = (block: XmlElement) => isSecurity(block) || qualifiedName(block) === understood;
  const strange = blocks.find((block) => !isKnown(block) && mustUnderstand(block));
  if (strange !== undefined) throw notUnderstood(strange, qualifiedName(strange));
  const [security, second] = blocks.filter(isSecurity);
  if (second !== undefined) throw clientRefusal('there are several Security headers', {}, 'security');
  if (security === undefined) return undefined;
  const part = childElements(security).find((child) => !understoodParts.has(qualifiedName(child)));
  if (part !== undefined && mustUnderstand(security)) throw notUnderstood(part, `Security/${qualifiedName(part)}`);
  return security;
}

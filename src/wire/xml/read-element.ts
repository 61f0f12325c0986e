/**
 * Reads a message from its parsed element: attributes, nil, choices and parts of other namespaces included. Nothing is taken that the
 * table does not name; what a wildcard lets through is kept as XML with its namespaces. What has been held to the schema does not
 * fail here but for values that JavaScript cannot hold.
 */
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { escapeXml, readScalar } from './scalar-texts.js';
import { elementName, type Field, type RecordType, type ValueOf, type XmlFragment } from './schema-type.js';
import { WireValueError } from './wire-value-error.js';

const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

function childrenOf(element: XmlElement): XmlElement[] {
  const children: XmlElement[] = [];
  for (let node = element.firstChild; node !== null; node = node.next)
    if (node instanceof XmlElement) children.push(node);
  return children;
}

function isNil(element: XmlElement): boolean {
  const flag = element.attrs.find((a) => a.name === 'nil' && a.namespaceUri === instanceNamespace)?.value.trim();
  return flag === 'true' || flag === '1';
}

const declare = (prefix: string, uri: string): string =>
  ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(uri)}"`;

/**
 * It has every namespace that is in scope, also those that only a value names, so that it means the same wherever it is put. (Canonical XML
 * would do the same, but for namespaces that are no absolute URIs.)
 */
function toXmlFragment(element: XmlElement): XmlFragment {
  const own = element.localNamespaces;
  const inherited = Object.entries(element.namespaces).filter(([prefix]) => !Object.hasOwn(own, prefix));
  const written = element.toString({ format: false, noDeclaration: true });
  const tag = /^<[^\s/>]+/.exec(written)![0];
  const declared = inherited.map(([prefix, uri]) => declare(prefix, uri)).join('');
  return { namespace: element.namespaceUri, name: element.name, xml: tag + declared + written.slice(tag.length) };
}

const belongs = (property: string, field: Field, child: XmlElement): boolean => {
  if (field.type.kind === 'choice')
    return child.namespaceUri === field.type.namespace && Object.hasOwn(field.type.options, child.name);
  if (field.place === 'wildcard') return child.namespaceUri !== '';
  return child.namespaceUri === '' && child.name === elementName(property, field);
};

function readChild(field: Field, child: XmlElement, path: string): unknown {
  const { type } = field;
  if (field.nillable === true && isNil(child)) return null;
  if (type.kind === 'fragment') return toXmlFragment(child);
  if (type.kind === 'choice')
    return { element: child.name, value: readRecord(type.options[child.name]!, child, `${path}/${child.name}`) };
  if (type.kind !== 'scalar') return readRecord(type.kind === 'later' ? type.get() : type, child, path);
  const text = child.content;
  return readScalar(type, text === '' && field.whenEmpty !== undefined ? field.whenEmpty : text, path);
}

function toValue(field: Field, items: unknown[], path: string): unknown {
  if (items.length === 0 && (field.cardinality === 'one' || field.cardinality === 'some'))
    throw new WireValueError(path, 'is missing');
  if (field.cardinality === 'many' || field.cardinality === 'some') return items;
  if (items.length > 1) throw new WireValueError(path, 'stands there more than once');
  return items[0];
}

function readRecord(type: RecordType, element: XmlElement, path: string): Record<string, unknown> {
  const children = childrenOf(element);
  const result: Record<string, unknown> = {};
  for (const [property, field] of Object.entries(type.fields)) {
    const name = elementName(property, field);
    const at = field.place === 'attribute' ? `${path}/@${name}` : `${path}/${name}`;
    const value = toValue(field, readItems(field, property, element, children, at), at);
    if (value !== undefined) result[property] = value;
  }
  return result;
}

function readItems(field: Field, property: string, element: XmlElement, children: XmlElement[], at: string): unknown[] {
  if (field.type.kind === 'scalar' && field.place === 'content') return [readScalar(field.type, element.content, at)];
  if (field.type.kind === 'scalar' && field.place === 'attribute') {
    const { type } = field;
    const name = elementName(property, field);
    return element.attrs
      .filter((attribute) => attribute.namespaceUri === '' && attribute.name === name)
      .map((attribute) => readScalar(type, attribute.value, at));
  }
  const found = children.filter((child) => belongs(property, field, child));
  const repeats = field.cardinality === 'many' || field.cardinality === 'some';
  return found.map((child, index) => readChild(field, child, repeats ? `${at}[${index + 1}]` : at));
}

/** Throws WireValueError. */
export const readElement = <T extends RecordType>(type: T, element: XmlElement): ValueOf<T> =>
  readRecord(type, element, element.name) as ValueOf<T>;

/** What a wildcard let through, once somebody knows what it is. Throws WireValueError. */
export function readFragment<T extends RecordType>(type: T, { xml }: XmlFragment): ValueOf<T> {
  const document = XmlDocument.fromString(xml);
  try {
    return readElement(type, document.root);
  } finally {
    document.dispose();
  }
}

/**
 * Writes a message as XML text: elements in the schema's order whatever the order of the properties, times in UTC, and no
 * character that XML 1.0 cannot carry. SOAP libraries do none of the three by themselves.
 */
import { escapeXml, writeScalar } from './scalar-texts.js';
import {
  type ChoiceType,
  elementName,
  type Field,
  type LaterType,
  type RecordType,
  type ScalarType,
  type XmlFragment,
} from './schema-type.js';
import { WireValueError } from './wire-value-error.js';

/** The namespace of a message's root, and of the elements that its type refers to. */
export interface Vocabulary {
  prefix: string;
  namespace: string;
}

const nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"';

type Properties = Record<string, unknown>;

function toItems(field: Field, value: unknown, path: string): [item: unknown, path: string][] {
  if (field.cardinality === 'one' || field.cardinality === 'optional') {
    if (value !== undefined) return [[value, path]];
    if (field.cardinality === 'optional') return [];
    throw new WireValueError(path, 'is missing');
  }
  const items = (value ?? []) as unknown[];
  if (field.cardinality === 'some' && items.length === 0) throw new WireValueError(path, 'is missing');
  return items.map((item, index) => [item, `${path}[${index + 1}]`]);
}

function writeChoice(vocabulary: Vocabulary, type: ChoiceType, value: unknown, path: string): string {
  const { element, value: chosen } = (value ?? {}) as { element?: string; value?: unknown };
  const option = element !== undefined && Object.hasOwn(type.options, element) ? type.options[element] : undefined;
  if (option === undefined)
    throw new WireValueError(path, `'${String(element)}' is none of ${Object.keys(type.options).join(', ')}`);
  return writeElement(vocabulary, `${vocabulary.prefix}:${element}`, option, chosen, `${path}/${element}`);
}

function writeElement(
  vocabulary: Vocabulary,
  tag: string,
  type: ScalarType<unknown> | RecordType | LaterType<unknown>,
  value: unknown,
  path: string,
): string {
  if (type.kind === 'scalar') return `<${tag}>${writeScalar(type, value, path)}</${tag}>`;
  const whole = type.kind === 'later' ? type.get() : type;
  if (typeof value !== 'object' || value === null) throw new WireValueError(path, 'is missing');
  const attributes = writePlaced(whole, value as Properties, path, 'attribute');
  return `<${tag}${attributes}>${writeContent(vocabulary, whole, value as Properties, path)}</${tag}>`;
}

function writePlaced(type: RecordType, value: Properties, path: string, place: 'attribute'): string {
  return Object.entries(type.fields)
    .filter(([, field]) => field.place === place)
    .flatMap(([property, field]) =>
      toItems(field, value[property], `${path}/@${property}`).map(
        ([item, at]) =>
          ` ${elementName(property, field)}="${writeScalar(field.type as ScalarType<unknown>, item, at)}"`,
      ),
    )
    .join('');
}

function refuseBoth(type: RecordType, value: Properties, path: string): void {
  const seen = new Map<string, string>();
  for (const [property, field] of Object.entries(type.fields)) {
    const isThere = Array.isArray(value[property]) ? value[property].length > 0 : value[property] !== undefined;
    if (field.excludes === undefined || !isThere) continue;
    const other = seen.get(field.excludes);
    if (other !== undefined) throw new WireValueError(`${path}/${property}`, `cannot stand beside ${other}`);
    seen.set(field.excludes, property);
  }
}

function writeContent(vocabulary: Vocabulary, type: RecordType, value: Properties, path: string): string {
  refuseBoth(type, value, path);
  return Object.entries(type.fields)
    .filter(([, field]) => field.place !== 'attribute')
    .map(([property, field]) => writeField(vocabulary, property, field, value[property], path))
    .join('');
}

function writeField(vocabulary: Vocabulary, property: string, field: Field, value: unknown, path: string): string {
  const { type } = field;
  const tag = elementName(property, field);
  return toItems(field, value, `${path}/${tag}`)
    .map(([item, at]) => {
      if (field.place === 'content') return writeScalar(type as ScalarType<unknown>, item, at);
      if (field.nillable === true && item === null) return `<${tag} ${nil}/>`;
      if (type.kind === 'choice') return writeChoice(vocabulary, type, item, at);
      return type.kind === 'fragment' ? (item as XmlFragment).xml : writeElement(vocabulary, tag, type, item, at);
    })
    .join('');
}

/** `<rms:reserve xmlns:rms="…">…</rms:reserve>`. Throws WireValueError. */
export function writeXml(vocabulary: Vocabulary, element: string, type: RecordType, value: unknown): string {
  const tag = `${vocabulary.prefix}:${element}`;
  const written = writeElement(vocabulary, tag, type, value, element);
  return `<${tag} xmlns:${vocabulary.prefix}="${escapeXml(vocabulary.namespace)}"${written.slice(tag.length + 1)}`;
}

/** The same as a part that a wildcard lets into another message. */
export const toFragment = (vocabulary: Vocabulary, element: string, type: RecordType, value: unknown): XmlFragment => ({
  namespace: vocabulary.namespace,
  name: element,
  xml: writeXml(vocabulary, element, type, value),
});

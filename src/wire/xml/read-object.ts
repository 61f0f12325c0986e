/**
 * Reads what node-soap made of a message: a tree of objects and texts. Texts become numbers, booleans and times, what may
 * repeat is always an array, and nothing is taken that the table does not name. Attributes, nil, choices and wildcards do not
 * survive node-soap: for types that have them there is read-element.ts.
 */
import { readScalar } from './scalar-texts.js';
import { elementName, type Field, type RecordType, type SchemaType, type ValueOf } from './schema-type.js';
import { WireValueError } from './wire-value-error.js';

/** node-soap's options that leave every text as it came; reading it is our table's business. */
export const rawTexts = {
  preserveWhitespace: true,
  customDeserializer: Object.fromEntries(
    ['int', 'integer', 'short', 'long', 'double', 'float', 'decimal', 'bool', 'boolean', 'dateTime', 'date'].map(
      (type) => [type, (text: string) => text],
    ),
  ),
} as const;

/** An element that bears attributes (xsi:type, say) arrives as an object with its text under `$value`. */
function textOf(raw: unknown, path: string): string {
  const value =
    typeof raw === 'object' && raw !== null
      ? Object.hasOwn(raw, '$value')
        ? (raw as { $value: unknown }).$value
        : ''
      : raw;
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  throw new WireValueError(path, 'is not a text');
}

function readRecord(type: RecordType, raw: unknown, path: string): Record<string, unknown> {
  const source = typeof raw === 'object' && raw !== null ? raw : {};
  const result: Record<string, unknown> = {};
  for (const [property, field] of Object.entries(type.fields)) {
    const element = elementName(property, field);
    const child = Object.hasOwn(source, element) ? (source as Record<string, unknown>)[element] : undefined;
    const value = readField(field, child, `${path}/${element}`);
    if (value !== undefined) result[property] = value;
  }
  return result;
}

function readValue(type: SchemaType, raw: unknown, path: string): unknown {
  if (type.kind === 'scalar') return readScalar(type, textOf(raw, path), path);
  if (type.kind === 'record') return readRecord(type, raw, path);
  throw new Error(`${path}: a ${type.kind} cannot be read from what node-soap leaves of it`);
}

function readField(field: Field, raw: unknown, path: string): unknown {
  const items = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
  if (items.length === 0 && (field.cardinality === 'one' || field.cardinality === 'some'))
    throw new WireValueError(path, 'is missing');
  if (field.cardinality === 'many' || field.cardinality === 'some')
    return items.map((item, index) => readValue(field.type, item, `${path}[${index + 1}]`));
  if (items.length > 1) throw new WireValueError(path, 'stands there more than once');
  return items.length === 0 ? undefined : readValue(field.type, items[0], path);
}

/** Throws WireValueError. `element` begins the paths in it. */
export const readMessage = <T extends RecordType>(element: string, type: T, raw: unknown): ValueOf<T> =>
  readRecord(type, raw, element) as ValueOf<T>;

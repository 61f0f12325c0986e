/**
 * Reads what node-soap made of a message: a tree of objects and texts. Texts become numbers, booleans and times, what may
 * repeat is always an array, and nothing is taken that the table does not name.
 */
import { elementName, type Field, type RecordType, type ScalarType, type ValueOf } from './schema-type.js';
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

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

const readers: Record<ScalarType<unknown>['base'], (text: string, path: string) => unknown> = {
  text: (text) => text,
  int: (text, path) => {
    const number = Number(text.trim());
    if (text.trim() === '' || !Number.isInteger(number))
      throw new WireValueError(path, `'${text}' is not a whole number`);
    return number;
  },
  boolean: (text, path) => {
    const word = text.trim();
    if (word === 'true' || word === '1') return true;
    if (word === 'false' || word === '0') return false;
    throw new WireValueError(path, `'${text}' is neither true nor false`);
  },
  time: (text, path) => {
    const match = dateTime.exec(text.trim());
    // A time without a zone is UTC, as everywhere in NSI.
    const time = match === null ? undefined : new Date(match[2] === undefined ? `${text.trim()}Z` : text.trim());
    if (time === undefined || Number.isNaN(time.getTime())) throw new WireValueError(path, `'${text}' is not a time`);
    return time;
  },
};

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

function readScalar(type: ScalarType<unknown>, raw: unknown, path: string): unknown {
  const text = textOf(raw, path);
  if (type.words === undefined) return readers[type.base](text, path);
  if (type.words.includes(text.trim())) return text.trim();
  throw new WireValueError(path, `'${text}' is none of ${type.words.join(', ')}`);
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

function readField(field: Field, raw: unknown, path: string): unknown {
  const items = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
  const read = (item: unknown, where: string): unknown =>
    field.type.kind === 'scalar' ? readScalar(field.type, item, where) : readRecord(field.type, item, where);
  if (items.length === 0 && (field.cardinality === 'one' || field.cardinality === 'some'))
    throw new WireValueError(path, 'is missing');
  if (field.cardinality === 'many' || field.cardinality === 'some')
    return items.map((item, index) => read(item, `${path}[${index + 1}]`));
  if (items.length > 1) throw new WireValueError(path, 'stands there more than once');
  return items.length === 0 ? undefined : read(items[0], path);
}

/** Throws WireValueError. `element` begins the paths in it. */
export const readMessage = <T extends RecordType>(element: string, type: T, raw: unknown): ValueOf<T> =>
  readRecord(type, raw, element) as ValueOf<T>;

/**
 * Writes a message as XML text: elements in the schema's order whatever the order of the properties, times in UTC, and no
 * character that XML 1.0 cannot carry. SOAP libraries do none of the three by themselves.
 */
import { elementName, type Field, type RecordType, type ScalarType, type SchemaType } from './schema-type.js';
import { rmsNamespace } from './types.js';
import { WireValueError } from './wire-value-error.js';

// XML 1.0 §2.2: Char. The rest, lone surrogates included, becomes U+FFFD.
const notChar = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

export const escapeXml = (text: string): string =>
  text.replace(notChar, '\uFFFD').replace(/[&<>"\r]/g, (character) => escapes[character]!);

const writers: Record<ScalarType<unknown>['base'], (value: unknown, path: string) => string> = {
  text: (value, path) => {
    if (typeof value !== 'string') throw new WireValueError(path, 'is not a text');
    return escapeXml(value);
  },
  int: (value, path) => {
    if (!Number.isInteger(value) || Math.abs(value as number) > 0x7fffffff)
      throw new WireValueError(path, `'${String(value)}' is not a whole number of 32 bits`);
    return String(value);
  },
  boolean: (value, path) => {
    if (typeof value !== 'boolean') throw new WireValueError(path, `'${String(value)}' is neither true nor false`);
    return String(value);
  },
  time: (value, path) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new WireValueError(path, 'is not a time');
    return value.toISOString();
  },
};

function writeScalar(type: ScalarType<unknown>, value: unknown, path: string): string {
  if (type.words !== undefined && !type.words.includes(value as string))
    throw new WireValueError(path, `'${String(value)}' is none of ${type.words.join(', ')}`);
  return writers[type.base](value, path);
}

function writeRecord(type: RecordType, value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null) throw new WireValueError(path, 'is missing');
  return Object.entries(type.fields)
    .map(([property, field]) => writeField(property, field, (value as Record<string, unknown>)[property], path))
    .join('');
}

function writeField(property: string, field: Field, value: unknown, path: string): string {
  const element = elementName(property, field);
  const at = `${path}/${element}`;
  const write = (item: unknown, where: string): string =>
    `<${element}>${writeContent(field.type, item, where)}</${element}>`;
  if (field.cardinality === 'one' || field.cardinality === 'optional') {
    if (value !== undefined) return write(value, at);
    if (field.cardinality === 'optional') return '';
    throw new WireValueError(at, 'is missing');
  }
  const items = (value ?? []) as unknown[];
  if (field.cardinality === 'some' && items.length === 0) throw new WireValueError(at, 'is missing');
  return items.map((item, index) => write(item, `${at}[${index + 1}]`)).join('');
}

const writeContent = (type: SchemaType, value: unknown, path: string): string =>
  type.kind === 'scalar' ? writeScalar(type, value, path) : writeRecord(type, value, path);

/** `<rms:reserve xmlns:rms="…">…</rms:reserve>`. Throws WireValueError. */
export const writeMessage = (element: string, type: RecordType, value: unknown): string =>
  `<rms:${element} xmlns:rms="${rmsNamespace}">${writeRecord(type, value, element)}</rms:${element}>`;

/** Scalars as XML texts, both ways. Throws WireValueError. */
import type { ScalarBase, ScalarType } from './schema-type.js';
import { WireValueError } from './wire-value-error.js';

// XML 1.0 §2.2: Char. The rest, lone surrogates included, becomes U+FFFD.
const notChar = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

export const escapeXml = (text: string): string =>
  text.replace(notChar, '\uFFFD').replace(/[&<>"\r]/g, (character) => escapes[character]!);

const whole = (most: number, bits: number) => (value: unknown, path: string) => {
  if (!Number.isInteger(value) || Math.abs(value as number) > most)
    throw new WireValueError(path, `'${String(value)}' is not a whole number of ${bits} bits`);
  return String(value);
};

function writeText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new WireValueError(path, 'is not a text');
  return escapeXml(value);
}

const writers: Record<ScalarBase, (value: unknown, path: string) => string> = {
  text: writeText,
  uri: writeText,
  int: whole(0x7fffffff, 32),
  long: whole(Number.MAX_SAFE_INTEGER, 53),
  boolean: (value, path) => {
    if (typeof value !== 'boolean') throw new WireValueError(path, `'${String(value)}' is neither true nor false`);
    return String(value);
  },
  time: (value, path) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new WireValueError(path, 'is not a time');
    return value.toISOString();
  },
};

export function writeScalar(type: ScalarType<unknown>, value: unknown, path: string): string {
  if (type.words !== undefined && !type.words.includes(value as string))
    throw new WireValueError(path, `'${String(value)}' is none of ${type.words.join(', ')}`);
  return writers[type.base](value, path);
}

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

function toInt(text: string, path: string): number {
  const number = Number(text.trim());
  if (text.trim() === '' || !Number.isInteger(number))
    throw new WireValueError(path, `'${text}' is not a whole number`);
  return number;
}

const readers: Record<ScalarBase, (text: string, path: string) => unknown> = {
  text: (text) => text,
  uri: (text) => text.trim(),
  int: toInt,
  // Counters end far below; who asks for all up to the greatest long means the end.
  long: (text, path) => Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, toInt(text, path))),
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

export function readScalar(type: ScalarType<unknown>, text: string, path: string): unknown {
  if (type.words === undefined) return readers[type.base](text, path);
  if (type.words.includes(text.trim())) return text.trim();
  throw new WireValueError(path, `'${text}' is none of ${type.words.join(', ')}`);
}

/** Matches: OXM fields by name, each a plain value or a value with a mask. Fields we do not know are kept as bytes. */
import type { Codec } from '../binary/codec.js';
import type { Reader } from '../binary/reader.js';
import type { Writer } from '../binary/writer.js';
import { WireError, withinField } from '../wire-error.js';
import { type OxmField, oxmFields } from './oxm-fields.js';

export interface Masked<T> {
  value: T;
  mask: T;
}

/** A field that is not in the table: its header's class, number and mask bit, and what follows. */
export interface UnknownOxm {
  oxmClass: number;
  number: number;
  hasMask: boolean;
  data: Uint8Array;
}

type FieldTable = typeof oxmFields;
export type OxmName = keyof FieldTable;
export type OxmValue<N extends OxmName> = FieldTable[N] extends OxmField<infer T> ? T : never;

export type Match = { [N in OxmName]?: OxmValue<N> | Masked<OxmValue<N>> } & { unknown?: UnknownOxm[] };

interface NamedField extends OxmField<unknown> {
  name: OxmName;
  /** Its place in the order of writing. */
  rank: number;
}

const inWritingOrder: readonly NamedField[] = Object.entries(oxmFields).map(([name, field], rank) => ({
  ...(field as OxmField<unknown>),
  name: name as OxmName,
  rank,
}));
const byName = new Map<string, NamedField>(inWritingOrder.map((field) => [field.name, field]));
/** By class and number as they stand in the upper 23 bits of an OXM header. */
const byHeader = new Map(inWritingOrder.map((field) => [(field.oxmClass << 7) | field.number, field]));

/** OXM TLVs up to the end of the enclosing part: the content of a match. */
const oxmList: Codec<Match> = {
  read: (r) => {
    const match: Match = {};
    while (r.left > 0) readOxm(r, match);
    return match;
  },
  write: (w, match) => {
    for (const field of fieldsOf(match, w.offset)) writeOxm(w, field, match[field.name]);
    if (match.unknown !== undefined) for (const oxm of match.unknown) writeUnknown(w, oxm);
  },
};

/** The few that a match has, in the order of writing. */
function fieldsOf(match: Match, offset: number): NamedField[] {
  const fields: NamedField[] = [];
  for (const name of Object.keys(match)) {
    if (name === 'unknown') continue;
    const field = byName.get(name);
    if (field === undefined) throw new WireError('is not a match field', offset, name);
    if (match[field.name] === undefined) continue;
    // They mostly come in order, which a sort would not know.
    let at = fields.length;
    for (; at > 0 && fields[at - 1]!.rank > field.rank; at--) fields[at] = fields[at - 1]!;
    fields[at] = field;
  }
  return fields;
}

/** One OXM TLV: the content of a set-field action, which may be followed by padding. */
export const singleOxm: Codec<Match> = {
  read: (r) => {
    const match: Match = {};
    readOxm(r, match);
    return match;
  },
  write: (w, match) => {
    const count = Object.keys(match).length;
    if (count !== 1) throw new WireError(`${count} fields given, exactly one is needed`, w.offset);
    oxmList.write(w, match);
  },
};

function readOxm(r: Reader, match: Match): void {
  const start = r.offset;
  const oxmClass = r.u16();
  const fieldAndMask = r.u8();
  const length = r.u8();
  const hasMask = (fieldAndMask & 1) === 1;
  const number = fieldAndMask >> 1;
  const field = byHeader.get((oxmClass << 7) | number);
  if (field === undefined) {
    match.unknown ??= [];
    match.unknown.push({ oxmClass, number, hasMask, data: r.view(length) });
    return;
  }
  const expected = hasMask ? field.length * 2 : field.length;
  if (length !== expected) throw new WireError(`a length of ${length}, not ${expected}`, start + 3, field.name);
  try {
    const value = field.codec.read(r);
    (match as Record<string, unknown>)[field.name] = hasMask ? { value, mask: field.codec.read(r) } : value;
  } catch (error) {
    throw withinField(error, field.name);
  }
}

function writeOxm(w: Writer, field: NamedField, given: unknown): void {
  const masked = typeof given === 'object' ? (given as Masked<unknown>) : undefined;
  w.u16(field.oxmClass);
  w.u8((field.number << 1) | (masked === undefined ? 0 : 1));
  w.u8(masked === undefined ? field.length : field.length * 2);
  try {
    field.codec.write(w, masked === undefined ? given : masked.value);
    if (masked !== undefined) field.codec.write(w, masked.mask);
  } catch (error) {
    throw withinField(error, field.name);
  }
}

function writeUnknown(w: Writer, oxm: UnknownOxm): void {
  w.u16(oxm.oxmClass);
  w.u8((oxm.number << 1) | (oxm.hasMask ? 1 : 0));
  w.u8(oxm.data.length);
  w.raw(oxm.data);
}

/** OFPMT_OXM; OFPMT_STANDARD (0) is deprecated and refused. */
const oxmMatchType = 1;

/** A match with its header, padded to 8 bytes that its length does not count (§7.2.3.1). */
export const match: Codec<Match> = {
  read: (r) => {
    const start = r.offset;
    const type = r.u16();
    if (type !== oxmMatchType) throw new WireError(`a match of type ${type}; only 1 (OXM) is known`, start);
    const length = r.u16();
    const outer = r.narrow(start + length, 'a length');
    const fields = oxmList.read(r);
    r.widen(outer);
    r.skip(-length & 7);
    return fields;
  },
  write: (w, fields) => {
    const start = w.offset;
    w.u16(oxmMatchType);
    w.u16(0);
    oxmList.write(w, fields);
    w.patchU16(start + 2, w.offset - start);
    w.pad(start, 8);
  },
};

/**
 * Type-length-value parts: a 16-bit type, a 16-bit length that counts these four bytes, then a body by type. The value
 * carries the type's name in `type`; a type that the table lacks is kept as bytes and written back as it came.
 */
import { WireError, withinField } from '../wire-error.js';
import type { Codec, Fields, StructIn, StructOut } from './codec.js';
import { struct } from './codec.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

export interface Part<F extends Fields = Fields> {
  readonly number: number;
  readonly fields: F;
}

/** A part whose type is not in the table. */
export interface UnknownPart<B = Uint8Array> {
  type: 'unknown';
  number: number;
  data: B;
}

type Table = Readonly<Record<string, Part>>;
export type UnionOut<T extends Table> =
  | { [N in keyof T & string]: { type: N } & StructOut<T[N]['fields']> }[keyof T & string]
  | UnknownPart<Buffer>;
export type UnionIn<T extends Table> =
  | { [N in keyof T & string]: { type: N } & StructIn<T[N]['fields']> }[keyof T & string]
  | UnknownPart;

export interface UnionOptions {
  /** Each part is padded to a multiple of this many bytes. */
  alignment: number;
  /** Whether the length counts the padding, as in actions, or not, as in the elements of a HELLO. */
  lengthCountsPadding: boolean;
}

export function taggedUnion<const T extends Table>(table: T, options: UnionOptions): Codec<UnionOut<T>, UnionIn<T>> {
  const bodies = Object.entries(table).map(([type, part]) => ({
    type,
    number: part.number,
    body: struct(part.fields),
  }));
  const byNumber = new Map(bodies.map((entry) => [entry.number, entry]));
  const byType = new Map(bodies.map((entry) => [entry.type, entry]));

  function read(r: Reader): UnionOut<T> {
    const start = r.offset;
    const number = r.u16();
    const length = r.u16();
    if (length < 4) throw new WireError(`a length of ${length}, less than its own header`, start + 2);
    const outer = r.narrow(start + length, 'a length');
    const known = byNumber.get(number);
    let value: unknown;
    if (known === undefined) value = { type: 'unknown', number, data: r.rest() };
    else value = { type: known.type, ...readBody(known, r) };
    r.widen(outer);
    if (!options.lengthCountsPadding) r.skip(Math.min(-length & (options.alignment - 1), r.left));
    return value as UnionOut<T>;
  }

  function write(w: Writer, value: UnionIn<T>): void {
    const start = w.offset;
    const known = byType.get(value.type);
    if (known === undefined && value.type !== 'unknown') {
      throw new WireError(`"${value.type}" is none of ${[...byType.keys()].join(', ')}`, start, 'type');
    }
    w.u16(known?.number ?? (value as UnknownPart).number);
    w.u16(0);
    if (known === undefined) w.raw((value as UnknownPart).data);
    else writeBody(known, w, value);
    if (options.lengthCountsPadding) w.pad(start, options.alignment);
    w.patchU16(start + 2, w.offset - start);
    w.pad(start, options.alignment);
  }

  return { read, write };
}

interface Body {
  type: string;
  body: Codec<object, never>;
}

function readBody({ type, body }: Body, r: Reader): object {
  try {
    return body.read(r);
  } catch (error) {
    throw withinField(error, type);
  }
}

function writeBody({ type, body }: Body, w: Writer, value: unknown): void {
  try {
    body.write(w, value as never);
  } catch (error) {
    throw withinField(error, type);
  }
}

/**
 * The words in which wire formats are written as tables. A Codec reads and writes one kind of value; a struct is a
 * table of named codecs, and its TypeScript type is inferred from the table.
 */
import { WireError, withinField } from '../wire-error.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** `Out` is what reading gives; `In` is what writing takes, where fields that have a default may be left out. */
export interface Codec<Out, In = Out> {
  /** Bytes on the wire, where they are always as many. */
  readonly size?: number;
  read(reader: Reader): Out;
  write(writer: Writer, value: In): void;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds codecs of any type; the types are inferred from it, not checked by it
type AnyCodec = Codec<any, any>;
export type Fields = Readonly<Record<string, AnyCodec>>;

export type ReadBy<C> = C extends { read(reader: Reader): infer Out } ? Out : never;
export type WrittenBy<C> = C extends { write(writer: Writer, value: infer In): void } ? In : never;

/** Names that begin with `_` are padding and lengths: on the wire, but not in the value. */
type Visible<F> = Exclude<keyof F, `_${string}`>;
type WithDefault<F> = { [K in Visible<F>]: F[K] extends { fallback: unknown } ? K : never }[Visible<F>];

export type StructOut<F extends Fields> = { [K in Visible<F>]: ReadBy<F[K]> };
export type StructIn<F extends Fields> = { [K in Exclude<Visible<F>, WithDefault<F>>]: WrittenBy<F[K]> } & {
  [K in WithDefault<F>]?: WrittenBy<F[K]>;
};

export const u8: Codec<number> = { size: 1, read: (r) => r.u8(), write: (w, v) => w.u8(v) };
export const u16: Codec<number> = { size: 2, read: (r) => r.u16(), write: (w, v) => w.u16(v) };
export const u32: Codec<number> = { size: 4, read: (r) => r.u32(), write: (w, v) => w.u32(v) };
export const u64: Codec<bigint> = { size: 8, read: (r) => r.u64(), write: (w, v) => w.u64(v) };

/** Everything up to the end of the enclosing part. A view, not a copy. */
export const rest: Codec<Buffer, Uint8Array> = { read: (r) => r.rest(), write: (w, v) => w.raw(v) };

export const pad = (length: number): Codec<undefined> => ({
  size: length,
  read: (r) => r.skip(length) as undefined,
  write: (w) => w.zeros(length),
});

export const bytes = (length: number): Codec<Buffer, Uint8Array> => ({
  size: length,
  read: (r) => r.view(length),
  write: (w, v) => {
    if (v.length !== length) throw new WireError(`${v.length} bytes given, exactly ${length} are needed`, w.offset);
    w.raw(v);
  },
});

/** Text in a fixed number of bytes, ended by the first zero byte. */
export const text = (length: number): Codec<string> => ({
  size: length,
  read: (r) => {
    const view = r.view(length);
    const end = view.indexOf(0);
    return view.toString('utf8', 0, end < 0 ? length : end);
  },
  write: (w, v) => {
    const encoded = Buffer.from(v, 'utf8');
    if (encoded.length >= length) throw new WireError(`"${v}" is longer than ${length - 1} bytes`, w.offset);
    w.raw(encoded);
    w.zeros(length - encoded.length);
  },
});

const sizeOf = ({ size }: AnyCodec): { size?: number } => (size === undefined ? {} : { size });

/** Numbers with names; a number that has none is kept as a number. */
export function enumeration<const N extends Readonly<Record<string, number>>>(
  width: Codec<number>,
  numbers: N,
): Codec<(keyof N & string) | number> {
  const names = new Map<number, keyof N & string>(Object.entries(numbers).map(([name, number]) => [number, name]));
  return {
    ...sizeOf(width),
    read: (r) => {
      const number = width.read(r);
      return names.get(number) ?? number;
    },
    write: (w, v) => {
      const number = typeof v === 'number' ? v : numbers[v];
      if (number === undefined) throw new WireError(`"${v}" is none of ${Object.keys(numbers).join(', ')}`, w.offset);
      width.write(w, number);
    },
  };
}

/** May be left out when writing. */
export const defaulted = <Out, In>(codec: Codec<Out, In>, fallback: In): Codec<Out, In> & { fallback: In } => ({
  ...sizeOf(codec),
  read: (r) => codec.read(r),
  write: (w, v) => codec.write(w, v),
  fallback,
});

/** The 16-bit length of the struct that this field stands in, the bytes before the field included. */
export const ownLength: Codec<undefined> & { measuresStruct: true } = {
  size: 2,
  read: () => undefined,
  write: () => {},
  measuresStruct: true,
};

/** As many values as fit up to the end of the enclosing part. */
export const list = <Out, In>(element: Codec<Out, In>): Codec<Out[], readonly In[]> => ({
  read: (r) => {
    const values: Out[] = [];
    while (r.left > 0) {
      const before = r.offset;
      try {
        values.push(element.read(r));
      } catch (error) {
        throw withinField(error, `[${values.length}]`);
      }
      if (r.offset === before) throw new WireError('an element of no length', before, `[${values.length}]`);
    }
    return values;
  },
  write: (w, values) => {
    values.forEach((value, index) => {
      try {
        element.write(w, value);
      } catch (error) {
        throw withinField(error, `[${index}]`);
      }
    });
  },
});

/** A 16-bit length of what follows, then padding, then as much as the length says. */
export const sized = <Out, In>(padding: number, content: Codec<Out, In>): Codec<Out, In> => ({
  read: (r) => {
    const length = r.u16();
    r.skip(padding);
    const outer = r.narrow(r.offset + length, 'a length');
    const value = content.read(r);
    r.widen(outer);
    return value;
  },
  write: (w, v) => {
    const at = w.offset;
    w.u16(0);
    w.zeros(padding);
    const start = w.offset;
    content.write(w, v);
    w.patchU16(at, w.offset - start);
  },
});

export interface Struct<F extends Fields> extends Codec<StructOut<F>, StructIn<F>> {
  readonly fields: F;
}

/** Where a field stands, counted from the start of its struct: for who reads or fills in one field among others' bytes. */
export function offsetOf<F extends Fields>({ fields }: Struct<F>, name: keyof F & string): number {
  let offset = 0;
  for (const [known, { size }] of Object.entries(fields)) {
    if (known === name) return offset;
    if (size === undefined) break;
    offset += size;
  }
  throw new Error(`field '${name}' has no fixed place`);
}

export function struct<const F extends Fields>(fields: F): Struct<F> {
  const names = Object.keys(fields);
  const codecs = names.map((name) => fields[name]!);
  const visible = names.map((name) => !name.startsWith('_'));
  const measuring = codecs.map((codec) => 'measuresStruct' in codec);
  const fallbacks = codecs.map((codec) => (codec as { fallback?: unknown }).fallback);

  function read(r: Reader): StructOut<F> {
    const start = r.offset;
    let outer = -1;
    const value: Record<string, unknown> = {};
    let i = 0;
    try {
      for (; i < codecs.length; i++) {
        if (measuring[i]) outer = r.narrow(start + r.u16(), 'a length');
        else if (visible[i]) value[names[i]!] = codecs[i]!.read(r);
        else codecs[i]!.read(r);
      }
    } catch (error) {
      throw withinField(error, names[i]!);
    }
    if (outer >= 0) r.widen(outer);
    return value as StructOut<F>;
  }

  function write(w: Writer, value: StructIn<F>): void {
    const start = w.offset;
    let lengthAt = -1;
    let i = 0;
    try {
      for (; i < codecs.length; i++) {
        if (measuring[i]) {
          lengthAt = w.offset;
          w.u16(0);
        } else {
          const given = (value as Record<string, unknown>)[names[i]!] ?? fallbacks[i];
          if (given === undefined && visible[i]) throw new WireError('is missing', w.offset);
          codecs[i]!.write(w, given);
        }
      }
    } catch (error) {
      throw withinField(error, names[i]!);
    }
    if (lengthAt >= 0) w.patchU16(lengthAt, w.offset - start);
  }

  return { fields, read, write };
}

/**
 * The little language in which the types of rms.xsd are said: scalars, and records of elements in the schema's order.
 * TypeScript types are inferred from it; write-xml.ts and read-object.ts interpret it. It knows no type of its own.
 */

export interface ScalarValues {
  text: string;
  int: number;
  boolean: boolean;
  time: Date;
}
export type ScalarBase = keyof ScalarValues;

export interface ScalarType<T> {
  readonly kind: 'scalar';
  /** Name in the schema, `xsd:int` or `VlanType`. */
  readonly name: string;
  readonly base: ScalarBase;
  /** The words allowed, where the schema enumerates them. */
  readonly words?: readonly (T & string)[];
  /** Never set: carries T for inference. */
  readonly value?: T;
}

export type Cardinality = 'one' | 'optional' | 'many' | 'some';

export interface Field {
  readonly element: string | undefined;
  readonly type: SchemaType;
  readonly cardinality: Cardinality;
}

export type Fields = Readonly<Record<string, Field>>;

export interface RecordType<F extends Fields = Fields> {
  readonly kind: 'record';
  /** Name of the complexType. */
  readonly name: string;
  /** In the order of the schema; a key is the property's name, and the element's unless the field names another. */
  readonly fields: F;
}

export type SchemaType = ScalarType<unknown> | RecordType;

type Flatten<T> = { [K in keyof T]: T[K] };
type RecordValue<F extends Fields> = Flatten<
  { [K in keyof F as F[K]['cardinality'] extends 'one' ? K : never]: ValueOf<F[K]['type']> } & {
    [K in keyof F as F[K]['cardinality'] extends 'optional' ? K : never]?: ValueOf<F[K]['type']>;
  } & { [K in keyof F as F[K]['cardinality'] extends 'many' | 'some' ? K : never]: ValueOf<F[K]['type']>[] }
>;

/** What a value of this type looks like in TypeScript. */
export type ValueOf<T> =
  T extends ScalarType<infer V> ? V : T extends RecordType<infer F extends Fields> ? RecordValue<F> : never;

export const scalar = <B extends ScalarBase>(name: string, base: B): ScalarType<ScalarValues[B]> => ({
  kind: 'scalar',
  name,
  base,
});

export const oneOf = <const W extends readonly string[]>(name: string, words: W): ScalarType<W[number]> => ({
  kind: 'scalar',
  name,
  base: 'text',
  words,
});

export const record = <const F extends Fields>(name: string, fields: F): RecordType<F> => ({
  kind: 'record',
  name,
  fields,
});

interface FieldOf<T extends SchemaType, C extends Cardinality> extends Field {
  readonly type: T;
  readonly cardinality: C;
}

export const one = <T extends SchemaType>(type: T): FieldOf<T, 'one'> => ({
  element: undefined,
  type,
  cardinality: 'one',
});
export const optional = <T extends SchemaType>(type: T): FieldOf<T, 'optional'> => ({
  element: undefined,
  type,
  cardinality: 'optional',
});
/** Any number, none included. An element is named in the singular, its property in the plural. */
export const many = <T extends SchemaType>(element: string, type: T): FieldOf<T, 'many'> => ({
  element,
  type,
  cardinality: 'many',
});

/** As `many`, but at least one. */
export const some = <T extends SchemaType>(element: string, type: T): FieldOf<T, 'some'> => ({
  element,
  type,
  cardinality: 'some',
});

export const elementName = (property: string, field: Field): string => field.element ?? property;

/**
 * The little language in which the types of a schema are said: scalars, records of elements and attributes in the schema's order,
 * choices, and parts that are kept as XML. TypeScript types are inferred from it; write-xml.ts, read-element.ts and read-object.ts
 * interpret it. It knows no type of its own.
 */

export interface ScalarValues {
  text: string;
  /** Spaces around it do not count. */
  uri: string;
  int: number;
  /** 64 bits; beyond ±2^53 it is read as the nearest that a number can hold. */
  long: number;
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

/** An element as it came, with the namespaces that it needs: what a wildcard or xsd:anyType let through. */
export interface XmlFragment {
  /** Empty for none. */
  readonly namespace: string;
  readonly name: string;
  readonly xml: string;
}

/** An element that is not looked into. */
export interface FragmentType {
  readonly kind: 'fragment';
  readonly name: string;
}

/** One of several elements, each global in `namespace` and so qualified. */
export interface ChoiceType<O extends Options = Options> {
  readonly kind: 'choice';
  readonly namespace: string;
  readonly options: O;
}
export type Options = Readonly<Record<string, RecordType>>;

/** A type that is defined further down, or that contains itself; T is said by hand. */
export interface LaterType<T> {
  readonly kind: 'later';
  readonly name: string;
  readonly get: () => RecordType;
  /** Never set: carries T for inference. */
  readonly value?: T;
}

export type Cardinality = 'one' | 'optional' | 'many' | 'some';

export interface Field {
  /** The property's name if undefined. */
  readonly element: string | undefined;
  readonly type: SchemaType;
  readonly cardinality: Cardinality;
  /** Absent: an element. `wildcard`: elements of other namespaces. `content`: the text of an element that has attributes. */
  readonly place?: 'attribute' | 'wildcard' | 'content';
  /** Nil is not absence; it is `null`. */
  readonly nillable?: boolean;
  /** Elements of the same name here exclude each other. */
  readonly excludes?: string;
  /** What an empty element means. */
  readonly whenEmpty?: string;
}

export type Fields = Readonly<Record<string, Field>>;

export interface RecordType<F extends Fields = Fields> {
  readonly kind: 'record';
  /** Name of the complexType. */
  readonly name: string;
  /** In the order of the schema; a key is the property's name, and the element's unless the field names another. */
  readonly fields: F;
}

export type SchemaType = ScalarType<unknown> | RecordType | FragmentType | ChoiceType | LaterType<unknown>;

type Flatten<T> = { [K in keyof T]: T[K] };
type FieldValue<F extends Field> = F extends { nillable: true } ? ValueOf<F['type']> | null : ValueOf<F['type']>;
type RecordValue<F extends Fields> = Flatten<
  { [K in keyof F as F[K]['cardinality'] extends 'one' ? K : never]: FieldValue<F[K]> } & {
    [K in keyof F as F[K]['cardinality'] extends 'optional' ? K : never]?: FieldValue<F[K]>;
  } & { [K in keyof F as F[K]['cardinality'] extends 'many' | 'some' ? K : never]: FieldValue<F[K]>[] }
>;

/** What a value of this type looks like in TypeScript. */
export type ValueOf<T> =
  T extends ScalarType<infer V>
    ? V
    : T extends RecordType<infer F extends Fields>
      ? RecordValue<F>
      : T extends FragmentType
        ? XmlFragment
        : T extends ChoiceType<infer O extends Options>
          ? { [K in keyof O]: { element: K; value: ValueOf<O[K]> } }[keyof O]
          : T extends LaterType<infer V>
            ? V
            : never;

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

export const fragment = (name: string): FragmentType => ({ kind: 'fragment', name });

export const choice = <const O extends Options>(namespace: string, options: O): ChoiceType<O> => ({
  kind: 'choice',
  namespace,
  options,
});

export const later = <T>(name: string, get: () => RecordType): LaterType<T> => ({ kind: 'later', name, get });

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

export const attribute = <F extends Field>(field: F): F & { place: 'attribute' } => ({ ...field, place: 'attribute' });
/** The text of an element that has attributes. */
export const content = <T extends ScalarType<unknown>>(type: T): FieldOf<T, 'one'> & { place: 'content' } => ({
  ...one(type),
  place: 'content',
});
/** Whatever elements of other namespaces there are (`##other`, lax). */
export const wildcard = {
  element: undefined,
  type: fragment('xsd:any'),
  cardinality: 'many',
  place: 'wildcard',
} as const satisfies Field;
export const nillable = <F extends Field>(field: F): F & { nillable: true } => ({ ...field, nillable: true });
/** Of the fields with this `group` only one may have values. */
export const either = <F extends Field>(group: string, field: F): F => ({ ...field, excludes: group });
/** The schema's default: what an empty element means. */
export const whenEmpty = <F extends Field>(word: string, field: F): F => ({ ...field, whenEmpty: word });

export const elementName = (property: string, field: Field): string => field.element ?? property;

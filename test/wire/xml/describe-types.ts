/** Brings tables of types, and schemas, to the same description, so that they can be compared as a whole. */
import assert from 'node:assert/strict';
import { type XmlDocument, XmlElement } from 'libxml2-wasm';
import { elementName, type Field, type RecordType, type SchemaType } from '../../../src/wire/xml/schema-type.js';

export interface Description {
  /** Global elements and their types. */
  elements: Record<string, string>;
  /** complexType → its parts in order: `name type cardinality`, `@name type cardinality`, `any`, `choice …`. */
  records: Record<string, string[]>;
  /** simpleType → its base, and the words it enumerates. */
  scalars: Record<string, { base: string; words: string[] }>;
}

const bases = {
  text: 'string',
  uri: 'anyURI',
  int: 'int',
  long: 'long',
  boolean: 'boolean',
  time: 'dateTime',
} as const;

export function describeTables(elements: Readonly<Record<string, RecordType>>): Description {
  const description: Description = { elements: {}, records: {}, scalars: {} };
  const typeName = (type: SchemaType): string => {
    if (type.kind === 'choice') throw new Error('a choice has no name');
    if (type.kind === 'record') addRecord(type);
    if (type.kind === 'later' && description.records[type.name] === undefined) addRecord(type.get());
    if (type.kind === 'scalar' && !type.name.startsWith('xsd:'))
      description.scalars[type.name] = { base: `xsd:${bases[type.base]}`, words: [...(type.words ?? [])] };
    if (type.kind === 'scalar' && type.name.startsWith('xsd:')) assert.equal(type.name, `xsd:${bases[type.base]}`);
    return type.name;
  };
  const addField = ([property, field]: [string, Field]): string => {
    const { type, cardinality, place } = field;
    if (place === 'wildcard') return 'any';
    if (place === 'content') return `text() ${typeName(type)}`;
    if (type.kind === 'choice')
      return ['choice', cardinality, ...Object.entries(type.options).map(([n, o]) => `${n}:${typeName(o)}`)].join(' ');
    return [
      `${place === 'attribute' ? '@' : ''}${elementName(property, field)}`,
      typeName(type),
      cardinality,
      ...(field.nillable === true ? ['nillable'] : []),
      ...(field.excludes === undefined ? [] : ['either']),
      ...(field.whenEmpty === undefined ? [] : [field.whenEmpty]),
    ].join(' ');
  };
  const addRecord = (type: RecordType) => {
    if (description.records[type.name] === undefined) description.records[type.name] = [];
    const fields = Object.entries(type.fields).map(addField);
    const known = description.records[type.name] ?? [];
    if (known.length > 0) assert.deepEqual(fields, known, `two types called ${type.name}`);
    description.records[type.name] = fields;
  };
  for (const [name, type] of Object.entries(elements)) {
    addRecord(type);
    description.elements[name] = type.name;
  }
  return description;
}

const namespaces = { xsd: 'http://www.w3.org/2001/XMLSchema' };
export const findElements = (from: XmlDocument | XmlElement, path: string): XmlElement[] =>
  from.find(path, namespaces).filter((node) => node instanceof XmlElement);
export const attributeOf = (element: XmlElement, name: string): string | undefined => element.attr(name)?.value;
const local = (name: string): string => (name.startsWith('xsd:') ? name : name.replace(/^[^:]*:/, ''));

function cardinalityOf(element: XmlElement): string {
  const repeats = (attributeOf(element, 'maxOccurs') ?? '1') !== '1';
  const maybeAbsent = attributeOf(element, 'minOccurs') === '0';
  return repeats ? (maybeAbsent ? 'many' : 'some') : maybeAbsent ? 'optional' : 'one';
}

export function describeSchemas(documents: readonly XmlDocument[]): Description {
  const named = (path: string): [string, XmlElement][] =>
    documents.flatMap((document) =>
      findElements(document, path).map((e): [string, XmlElement] => [attributeOf(e, 'name')!, e]),
    );
  const elements = Object.fromEntries(
    named('/xsd:schema/xsd:element').map(([name, e]) => [name, local(attributeOf(e, 'type')!)]),
  );
  const complexTypes = new Map(named('/xsd:schema/xsd:complexType'));
  const describeElement = (e: XmlElement, either: boolean): string =>
    [
      attributeOf(e, 'name'),
      local(attributeOf(e, 'type')!),
      cardinalityOf(e),
      ...(attributeOf(e, 'nillable') === 'true' ? ['nillable'] : []),
      ...(either ? ['either'] : []),
      ...(attributeOf(e, 'default') === undefined ? [] : [attributeOf(e, 'default')]),
    ].join(' ');
  const describeChoice = (e: XmlElement): string[] => {
    const options = findElements(e, 'xsd:element');
    if (options.every((option) => attributeOf(option, 'ref') === undefined))
      return options.map((option) => describeElement(option, true));
    const references = options.map((option) => local(attributeOf(option, 'ref')!));
    return [['choice', cardinalityOf(e), ...references.map((name) => `${name}:${elements[name]}`)].join(' ')];
  };
  const describeParts = (type: XmlElement): string[] => [
    ...findElements(type, 'xsd:simpleContent/xsd:extension').map((e) => `text() ${attributeOf(e, 'base')}`),
    ...findElements(type, 'xsd:complexContent/xsd:extension').flatMap((e) => {
      const base = complexTypes.get(local(attributeOf(e, 'base')!));
      return base === undefined ? [] : describeParts(base);
    }),
    ...findElements(type, '(. | */xsd:extension)/xsd:sequence/*').flatMap((e) => {
      if (e.name === 'choice') return describeChoice(e);
      return e.name === 'any' ? ['any'] : [describeElement(e, false)];
    }),
    ...findElements(type, '(. | */xsd:extension)/xsd:attribute').map((e) =>
      [
        `@${attributeOf(e, 'name')}`,
        local(attributeOf(e, 'type')!),
        attributeOf(e, 'use') === 'required' ? 'one' : 'optional',
      ].join(' '),
    ),
  ];
  return {
    elements,
    records: Object.fromEntries([...complexTypes].map(([name, type]) => [name, describeParts(type)])),
    scalars: Object.fromEntries(
      named('/xsd:schema/xsd:simpleType').map(([name, type]) => [
        name,
        {
          base: attributeOf(findElements(type, 'xsd:restriction')[0]!, 'base')!,
          words: findElements(type, 'xsd:restriction/xsd:enumeration').map((e) => attributeOf(e, 'value')!),
        },
      ]),
    ),
  };
}

/** What has no documentation of its own, with its line. */
export const findSilent = (document: XmlDocument): string[] =>
  findElements(
    document,
    '//xsd:element[@name] | //xsd:attribute | //xsd:simpleType | //xsd:complexType | //xsd:enumeration',
  )
    .filter((e) => (findElements(e, 'xsd:annotation/xsd:documentation')[0]?.content.trim() ?? '') === '')
    .map((e) => `${e.name} ${attributeOf(e, 'name') ?? attributeOf(e, 'value')} on line ${e.line}`);

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';
import { elementName, type Field, type RecordType, type ScalarType } from '../../../src/wire/rms/schema-type.js';
import { rmsNamespace, rmsOperations, serviceException } from '../../../src/wire/rms/types.js';

/** What both the table and the schema are brought to, to be compared as a whole. */
interface Description {
  /** Global elements and their types. */
  elements: Record<string, string>;
  /** complexType → `name type cardinality`, in order. */
  records: Record<string, string[]>;
  /** simpleType → its base, and the words it enumerates. */
  scalars: Record<string, { base: string; words: string[] }>;
}

const bases = { text: 'string', int: 'int', boolean: 'boolean', time: 'dateTime' } as const;

function describeTable(): Description {
  const description: Description = { elements: {}, records: {}, scalars: {} };
  const addScalar = (type: ScalarType<unknown>) => {
    if (!type.name.startsWith('xsd:'))
      description.scalars[type.name] = { base: `xsd:${bases[type.base]}`, words: [...(type.words ?? [])] };
    else assert.equal(type.name, `xsd:${bases[type.base]}`);
  };
  const addField = ([property, field]: [string, Field]): string => {
    if (field.type.kind === 'record') addRecord(field.type);
    else addScalar(field.type);
    return `${elementName(property, field)} ${field.type.name} ${field.cardinality}`;
  };
  const addRecord = (type: RecordType) => {
    const fields = Object.entries(type.fields).map(addField);
    const known = description.records[type.name];
    if (known !== undefined) assert.deepEqual(fields, known, `two types called ${type.name}`);
    description.records[type.name] = fields;
  };
  const addElement = (name: string, type: RecordType) => {
    addRecord(type);
    description.elements[name] = type.name;
  };
  for (const [operation, { request, response }] of Object.entries(rmsOperations)) {
    addElement(operation, request);
    addElement(`${operation}Response`, response);
  }
  addElement('serviceException', serviceException);
  return description;
}

const namespaces = { xsd: 'http://www.w3.org/2001/XMLSchema' };
const find = (from: XmlDocument | XmlElement, path: string): XmlElement[] =>
  from.find(path, namespaces).filter((node) => node instanceof XmlElement);
const attribute = (element: XmlElement, name: string): string | undefined => element.attr(name)?.value;
const local = (name: string): string => name.replace(/^tns:/, '');

function cardinalityOf(element: XmlElement): string {
  const repeats = (attribute(element, 'maxOccurs') ?? '1') !== '1';
  const maybeAbsent = attribute(element, 'minOccurs') === '0';
  return repeats ? (maybeAbsent ? 'many' : 'some') : maybeAbsent ? 'optional' : 'one';
}

function describeSchema(document: XmlDocument): Description {
  const named = (path: string) => find(document, path).map((e) => [attribute(e, 'name')!, e] as const);
  return {
    elements: Object.fromEntries(
      named('/xsd:schema/xsd:element').map(([name, e]) => [name, local(attribute(e, 'type')!)]),
    ),
    records: Object.fromEntries(
      named('/xsd:schema/xsd:complexType').map(([name, type]) => [
        name,
        find(type, 'xsd:sequence/xsd:element').map(
          (e) => `${attribute(e, 'name')} ${local(attribute(e, 'type')!)} ${cardinalityOf(e)}`,
        ),
      ]),
    ),
    scalars: Object.fromEntries(
      named('/xsd:schema/xsd:simpleType').map(([name, type]) => [
        name,
        {
          base: attribute(find(type, 'xsd:restriction')[0]!, 'base')!,
          words: find(type, 'xsd:restriction/xsd:enumeration').map((e) => attribute(e, 'value')!),
        },
      ]),
    ),
  };
}

describe('rms: table and schema', () => {
  let document: XmlDocument;
  let wsdl: XmlDocument;
  before(() => {
    document = XmlDocument.fromBuffer(readFileSync(packageFile('wsdl', 'rms.xsd')));
    wsdl = XmlDocument.fromBuffer(readFileSync(packageFile('wsdl', 'rms.wsdl')));
  });
  after(() => {
    document.dispose();
    wsdl.dispose();
  });

  it('name the same elements and types, in the same order, with the same cardinality and words', () => {
    assert.deepEqual(describeTable(), describeSchema(document));
  });

  it('are in the same namespace, children unqualified', () => {
    assert.equal(attribute(document.root, 'targetNamespace'), rmsNamespace);
    assert.equal(attribute(document.root, 'elementFormDefault'), 'unqualified');
  });

  it('has nothing in its types that the table could not say', () => {
    const known = new Set([
      'schema',
      'annotation',
      'documentation',
      'simpleType',
      'restriction',
      'complexType',
      'sequence',
      'element',
      'enumeration',
      'pattern',
      'minLength',
      'maxLength',
      'minInclusive',
      'maxInclusive',
    ]);
    const strange = find(document, '//*')
      .map((e) => e.name)
      .filter((name) => !known.has(name));
    assert.deepEqual(strange, []);
  });

  it('documents every type, element, word and operation', () => {
    const silent = [
      ...find(document, '//xsd:element | //xsd:simpleType | //xsd:complexType | //xsd:enumeration').filter(
        (e) => (find(e, 'xsd:annotation/xsd:documentation')[0]?.content.trim() ?? '') === '',
      ),
      ...wsdl
        .find('//w:portType/w:operation[not(normalize-space(w:documentation))]', {
          w: 'http://schemas.xmlsoap.org/wsdl/',
        })
        .filter((node) => node instanceof XmlElement),
    ].map((e) => `${e.name} ${attribute(e, 'name') ?? attribute(e, 'value')} on line ${e.line}`);
    assert.deepEqual(silent, []);
  });

  it('the WSDL has the operations of the table, each with its messages, fault and SOAPAction', () => {
    const w = { w: 'http://schemas.xmlsoap.org/wsdl/', s: 'http://schemas.xmlsoap.org/wsdl/soap/' };
    const operations = wsdl.find('//w:portType/w:operation', w).map((node) => {
      const operation = node as XmlElement;
      const name = attribute(operation, 'name')!;
      const elementOf = (part: string) => {
        const message = (operation.get(`w:${part}/@message`, w) as { value?: string } | null)?.value?.replace(
          'tns:',
          '',
        );
        return (wsdl.get(`//w:message[@name='${message}']/w:part/@element`, w) as { value?: string } | null)?.value;
      };
      const action = wsdl.get(`//w:binding/w:operation[@name='${name}']/s:operation/@soapAction`, w);
      return [
        name,
        elementOf('input'),
        elementOf('output'),
        elementOf('fault'),
        (action as { value?: string } | null)?.value,
      ];
    });
    assert.deepEqual(
      operations,
      Object.keys(rmsOperations).map((name) => [
        name,
        `rms:${name}`,
        `rms:${name}Response`,
        'rms:serviceException',
        `${rmsNamespace}/${name}`,
      ]),
    );
  });
});

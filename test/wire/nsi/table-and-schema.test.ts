import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';
import { connectionElements } from '../../../src/wire/nsi/connection-types.js';
import { header } from '../../../src/wire/nsi/framework-types.js';
import {
  connectionVocabulary,
  headerVocabulary,
  p2pVocabulary,
  soapActionOf,
  viVocabulary,
} from '../../../src/wire/nsi/namespaces.js';
import { providerOperations, requesterOperationNames } from '../../../src/wire/nsi/operations.js';
import { p2ps } from '../../../src/wire/nsi/p2p.js';
import { infrastructure, placement } from '../../../src/wire/nsi/vi.js';
import type { RecordType } from '../../../src/wire/xml/schema-type.js';
import { attributeOf, describeSchemas, describeTables, findElements, findSilent } from '../xml/describe-types.js';

const files = [
  'connection-types.xsd',
  'framework-headers.xsd',
  'framework-types.xsd',
  'saml-attributes.xsd',
  'services-definition.xsd',
  'services-p2p.xsd',
  'services-types.xsd',
  'vi.xsd',
] as const;
type SchemaFile = (typeof files)[number];

const wsdlNames = { w: 'http://schemas.xmlsoap.org/wsdl/', s: 'http://schemas.xmlsoap.org/wsdl/soap/' };
const find = (document: XmlDocument, path: string): XmlElement[] =>
  document.find(path, wsdlNames).filter((node) => node instanceof XmlElement);

describe('nsi: tables and schemas', () => {
  const documents = {} as Record<SchemaFile | 'provider' | 'requester' | 'interface', XmlDocument>;
  const open = (file: string) => XmlDocument.fromBuffer(readFileSync(packageFile('wsdl', 'nsi', file)));
  before(() => {
    for (const file of files) documents[file] = open(file);
    for (const role of ['provider', 'requester', 'interface'] as const)
      documents[role] = open(`connection-${role}.wsdl`);
  });
  after(() => {
    for (const document of Object.values(documents)) document.dispose();
  });

  const compare = (elements: Readonly<Record<string, RecordType>>, of: readonly SchemaFile[], besides: string[]) => {
    const table = describeTables(elements);
    const schema = describeSchemas(of.map((file) => documents[file]));
    // Bases of others, and what is kept as XML and never looked into.
    for (const name of besides) delete schema.records[name];
    assert.deepEqual(table.records, schema.records);
    assert.deepEqual(table.scalars, schema.scalars);
    return { table: table.elements, schema: schema.elements };
  };

  it('of the connection service name the same elements and types, in the same order, with the same cardinality and words', () => {
    const { table, schema } = compare(
      { ...connectionElements, nsiHeader: header },
      ['connection-types.xsd', 'framework-headers.xsd', 'framework-types.xsd'],
      ['NotificationBaseType', 'SessionSecurityAttrType'],
    );
    assert.deepEqual(table, schema);
  });

  it('of the point-to-point service, too', () => {
    const { schema } = compare({ p2ps }, ['services-p2p.xsd', 'services-types.xsd'], []);
    assert.deepEqual(Object.keys(schema), ['p2ps', 'capacity', 'parameter']);
  });

  it('of virtual infrastructures, too', () => {
    const table = describeTables({ infrastructure, placement });
    const schema = describeSchemas([documents['vi.xsd']]);
    assert.deepEqual(table.elements, schema.elements);
    for (const [name, fields] of Object.entries(schema.records)) assert.deepEqual(table.records[name], fields);
  });

  it('are in the same namespaces, children unqualified', () => {
    const targets = { 'connection-types.xsd': connectionVocabulary, 'framework-headers.xsd': headerVocabulary };
    const services = { 'services-p2p.xsd': p2pVocabulary, 'vi.xsd': viVocabulary };
    for (const [file, { namespace }] of Object.entries({ ...targets, ...services }))
      assert.equal(attributeOf(documents[file as SchemaFile].root, 'targetNamespace'), namespace);
    for (const file of files) assert.equal(attributeOf(documents[file].root, 'elementFormDefault'), 'unqualified');
  });

  it('documents every type, element, attribute, word and operation', () => {
    for (const file of files) assert.deepEqual(findSilent(documents[file]), [], file);
    for (const role of ['provider', 'requester'] as const)
      assert.deepEqual(find(documents[role], '//w:portType/w:operation[not(normalize-space(w:documentation))]'), []);
  });

  const describeOperations = (role: 'provider' | 'requester') => {
    const elementOf = (message: string | undefined): string | undefined => {
      const part = find(documents.interface, `//w:message[@name='${message?.replace('interface:', '')}']/w:part`)[0];
      return part && attributeOf(part, 'element')?.replace('types:', '');
    };
    return find(documents[role], '//w:portType/w:operation').map((operation) => {
      const name = attributeOf(operation, 'name')!;
      const [input, output, fault] = ['input', 'output', 'fault'].map((part) =>
        elementOf(attributeOf(operation.get(`w:${part}`, wsdlNames) as XmlElement, 'message')),
      );
      const bound = find(documents[role], `//w:binding/w:operation[@name='${name}']/s:operation`)[0]!;
      const heads = find(documents[role], `//w:binding/w:operation[@name='${name}']/*/s:header[@part='header']`);
      return { name, input, output, fault, action: attributeOf(bound, 'soapAction'), headers: heads.length };
    });
  };

  it('the WSDL of the provider has the operations of the table, each with its messages, header, fault and SOAPAction', () => {
    assert.deepEqual(
      describeOperations('provider'),
      Object.entries(providerOperations).map(([name, { response, fault }]) => ({
        name,
        input: name,
        output: response,
        fault,
        action: soapActionOf(name),
        headers: 2,
      })),
    );
  });

  it('the WSDL of the requester has the callbacks of the table', () => {
    assert.deepEqual(
      describeOperations('requester'),
      requesterOperationNames.map((name) => ({
        name,
        input: name,
        output: 'acknowledgment',
        fault: 'serviceException',
        action: soapActionOf(name),
        headers: 2,
      })),
    );
    assert.equal(findElements(documents.requester, '//*').length > 100, true);
  });
});

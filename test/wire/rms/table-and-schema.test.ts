import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';
import { rmsNamespace, rmsOperations, serviceException } from '../../../src/wire/rms/types.js';
import {
  attributeOf as attribute,
  describeSchemas,
  describeTables,
  findElements as find,
  findSilent,
} from '../xml/describe-types.js';

const elements = {
  ...Object.fromEntries(
    Object.entries(rmsOperations).flatMap(([operation, { request, response }]) => [
      [operation, request],
      [`${operation}Response`, response],
    ]),
  ),
  serviceException,
};

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
    assert.deepEqual(describeTables(elements), describeSchemas([document]));
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
      ...findSilent(document),
      ...wsdl
        .find('//w:portType/w:operation[not(normalize-space(w:documentation))]', {
          w: 'http://schemas.xmlsoap.org/wsdl/',
        })
        .filter((node) => node instanceof XmlElement)
        .map((e) => `${e.name} ${attribute(e, 'name')} on line ${e.line}`),
    ];
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

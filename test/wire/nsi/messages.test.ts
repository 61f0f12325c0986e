import assert from 'node:assert/strict';
import { XmlDocument } from 'libxml2-wasm';
import { packageFile } from '../../../src/lib/package-root.js';
import { type ConnectionElement, connectionElements } from '../../../src/wire/nsi/connection-types.js';
import { header } from '../../../src/wire/nsi/framework-types.js';
import { writeBody, writeNsiMessage } from '../../../src/wire/nsi/messages.js';
import { headerVocabulary, p2pVocabulary, requesterProtocol, viVocabulary } from '../../../src/wire/nsi/namespaces.js';
import { p2ps, type WireP2ps } from '../../../src/wire/nsi/p2p.js';
import { infrastructure, type WireInfrastructure } from '../../../src/wire/nsi/vi.js';
import { readElement } from '../../../src/wire/xml/read-element.js';
import type { RecordType, ValueOf } from '../../../src/wire/xml/schema-type.js';
import { WireValueError } from '../../../src/wire/xml/wire-value-error.js';
import { toFragment, writeXml } from '../../../src/wire/xml/write-xml.js';
import { compileSchema, type MessageSchema } from '../../../src/ws/soap/message-schema.js';
import { corpus } from './corpus.js';
import { samples, uuid } from './samples.js';

describe('nsi: messages', () => {
  let schema: MessageSchema;
  before(() => {
    schema = compileSchema(packageFile('wsdl', 'nsi', 'all.xsd'));
  });
  after(() => schema.dispose());

  function readValid<T extends RecordType>(type: T, xml: string): ValueOf<T> {
    const document = XmlDocument.fromString(xml);
    try {
      schema.validate(document.root);
      return readElement(type, document.root);
    } finally {
      document.dispose();
    }
  }

  for (const { element, value, xml } of samples)
    it(`${element} is written, read, and written again`, () => {
      assert.equal(writeBody(element, value as never), xml);
      const read = readValid(connectionElements[element], xml);
      assert.equal(
        writeBody(element, read as never).replaceAll(/ xmlns:nsi="[^"]*"/g, ''),
        xml.replaceAll(/ xmlns:nsi="[^"]*"/g, ''),
      );
    });

  it('there is a sample of every element', () => {
    const seen = new Set<ConnectionElement>(samples.map(({ element }) => element));
    assert.deepEqual(
      Object.keys(connectionElements).filter((name) => !seen.has(name as ConnectionElement)),
      [],
    );
  });

  it('the corpus by which schemas are compared has valid and invalid messages', () => {
    const verdicts = { valid: 0, invalid: 0 };
    let index = 0;
    for (const { xml } of corpus()) {
      index += 1;
      if (index % 50 !== 0) continue;
      const document = XmlDocument.fromString(xml);
      try {
        schema.validate(document.root);
        verdicts.valid += 1;
      } catch {
        verdicts.invalid += 1;
      }
      document.dispose();
    }
    assert(verdicts.valid > 50 && verdicts.invalid > 100, JSON.stringify(verdicts));
  });

  it('nil is null, and absence is absence', () => {
    const read = (schedule: string) =>
      readValid(
        connectionElements.reserve,
        `<n:reserve xmlns:n="http://schemas.ogf.org/nsi/2013/12/connection/types" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><criteria><schedule>${schedule}</schedule></criteria></n:reserve>`,
      ).criteria.schedule;
    assert.deepEqual(read('<startTime i:nil="1"/><endTime i:nil="true"></endTime>'), {
      startTime: null,
      endTime: null,
    });
    assert.deepEqual(read('<startTime i:nil="false">2030-01-01T09:00:00+09:00</startTime>'), {
      startTime: new Date('2030-01-01T00:00:00Z'),
    });
    assert.deepEqual(read(''), {});
  });

  it('what a wildcard let through means the same wherever it is put', () => {
    const { services } = readValid(
      connectionElements.reserve,
      '<n:reserve xmlns:n="http://schemas.ogf.org/nsi/2013/12/connection/types" xmlns:a="urn:a" xmlns:b="urn:b"><criteria><serviceType>s</serviceType><a:x kind="b:word"><b:y/></a:x></criteria></n:reserve>',
    ).criteria;
    assert.equal(services.length, 1);
    assert.deepEqual([services[0]?.namespace, services[0]?.name], ['urn:a', 'x']);
    const alone = XmlDocument.fromString(services[0]!.xml);
    assert.equal(alone.root.namespaceForPrefix('b'), 'urn:b');
    alone.dispose();
  });

  it('a long beyond what a number holds is the nearest one', () => {
    const { endNotificationId } = readValid(
      connectionElements.queryNotification,
      '<n:queryNotification xmlns:n="http://schemas.ogf.org/nsi/2013/12/connection/types"><connectionId>a</connectionId><endNotificationId>9223372036854775807</endNotificationId></n:queryNotification>',
    );
    assert.equal(endNotificationId, Number.MAX_SAFE_INTEGER);
  });

  it('a header keeps what it does not know', () => {
    const xml =
      `<h:nsiHeader xmlns:h="${headerVocabulary.namespace}" xmlns:o="urn:o" o:mark="1"><protocolVersion>${requesterProtocol}</protocolVersion>` +
      `<correlationId>${uuid}</correlationId><requesterNSA>urn:r</requesterNSA><providerNSA>urn:p</providerNSA><replyTo>http://127.0.0.1/</replyTo>` +
      '<sessionSecurityAttr type="t" name="n"><s:Attribute xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" Name="user"><s:AttributeValue>me</s:AttributeValue></s:Attribute></sessionSecurityAttr>' +
      '<o:ConnectionTrace><o:Connection index="0">urn:x</o:Connection></o:ConnectionTrace></h:nsiHeader>';
    const read = readValid(header, xml);
    assert.equal(read.requesterNsa, 'urn:r');
    assert.equal(read.replyTo, 'http://127.0.0.1/');
    assert.equal(read.securityAttributes.length, 1);
    assert.deepEqual(
      read.others.map(({ namespace, name }) => `{${namespace}}${name}`),
      ['{urn:o}ConnectionTrace'],
    );
  });

  it('a whole message has one header and one body', () => {
    const head = {
      protocolVersion: requesterProtocol,
      correlationId: uuid,
      requesterNsa: 'urn:r',
      providerNsa: 'urn:p',
    };
    const message = XmlDocument.fromString(writeNsiMessage(head, 'provisionConfirmed', { connectionId: 'c' }));
    const soap = { s: 'http://schemas.xmlsoap.org/soap/envelope/' };
    assert.equal(message.find('/s:Envelope/s:Header/*', soap).length, 1);
    assert.equal(message.find('/s:Envelope/s:Body/*', soap).length, 1);
    message.dispose();
  });

  it('refuses what the types cannot say', () => {
    const both = { connectionIds: ['a'], globalReservationIds: ['b'] };
    assert.throws(() => writeBody('querySummary', both), WireValueError);
    const strange = { notifications: [{ element: 'other', value: {} }] };
    assert.throws(() => writeBody('queryNotificationConfirmed', strange as never), WireValueError);
    assert.throws(() => writeBody('reserve', { criteria: { services: [], version: 1.5 } }), WireValueError);
  });

  it('a circuit is read and written, an empty direction being the default', () => {
    const xml =
      `<p2p:p2ps xmlns:p2p="${p2pVocabulary.namespace}"><capacity>100</capacity><directionality></directionality><symmetricPath>true</symmetricPath>` +
      '<sourceSTP>a?vlan=1</sourceSTP><destSTP>b</destSTP><ero><orderedSTP order="1"><stp>c</stp></orderedSTP></ero><parameter type="burst">5</parameter>' +
      '<inclusion type="cost"><lte>5</lte><gt>1</gt><eq>3</eq></inclusion></p2p:p2ps>';
    const read: WireP2ps = readValid(p2ps, xml);
    assert.equal(read.directionality, 'Bidirectional');
    assert.deepEqual(read.ero, { stps: [{ stp: 'c', order: 1 }] });
    assert.deepEqual(read.parameters, [{ value: '5', type: 'burst' }]);
    const expected = xml
      .replace('<directionality>', '<directionality>Bidirectional')
      .replaceAll(/ xmlns:p2p="[^"]*"/g, '');
    assert.equal(writeXml(p2pVocabulary, 'p2ps', p2ps, read).replaceAll(/ xmlns:p2p="[^"]*"/g, ''), expected);
  });

  it('a virtual infrastructure is read and written inside criteria', () => {
    const wanted: WireInfrastructure = {
      segment: { key: 4711, encapsulation: 'gre' },
      vms: [{ name: 'a', cpus: 1, memoryMiB: 512, diskGiB: 1, image: 'small', nics: [{}] }],
      externalPorts: [],
      peers: [],
      hosts: [],
    };
    const xml = writeBody('reserve', {
      criteria: { services: [toFragment(viVocabulary, 'infrastructure', infrastructure, wanted)] },
    });
    const [service] = readValid(connectionElements.reserve, xml).criteria.services;
    assert.equal(service?.namespace, viVocabulary.namespace);
    assert.deepEqual(readValid(infrastructure, service!.xml), wanted);
  });
});

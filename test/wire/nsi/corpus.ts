/** Messages of every kind, as they should be and bent in every way at every element: what two sets of schemas are compared by. */
import { headerVocabulary, p2pVocabulary, providerProtocol } from '../../../src/wire/nsi/namespaces.js';
import { type Bent, bendAll } from './bends.js';
import { samples, uuid } from './samples.js';

const header =
  `<head:nsiHeader xmlns:head="${headerVocabulary.namespace}" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` +
  `<protocolVersion>${providerProtocol}</protocolVersion><correlationId>${uuid}</correlationId>` +
  '<requesterNSA>urn:ogf:network:r:2026:nsa</requesterNSA><providerNSA>urn:ogf:network:p:2026:nsa</providerNSA><replyTo>https://r.example/nsi</replyTo>' +
  '<sessionSecurityAttr type="user" name="first"><saml:Attribute Name="mail" NameFormat="urn:format" FriendlyName="address">' +
  '<saml:AttributeValue>a@b</saml:AttributeValue><saml:AttributeValue>c@d</saml:AttributeValue></saml:Attribute></sessionSecurityAttr>' +
  '<gns:ConnectionTrace xmlns:gns="urn:trace"><Connection index="0">urn:x</Connection></gns:ConnectionTrace></head:nsiHeader>';

const circuit =
  `<p2p:p2ps xmlns:p2p="${p2pVocabulary.namespace}"><capacity>100</capacity><directionality>Bidirectional</directionality>` +
  '<symmetricPath>true</symmetricPath><sourceSTP>urn:a?vlan=1</sourceSTP><destSTP>urn:b?vlan=2</destSTP>' +
  '<ero><orderedSTP order="0"><stp>urn:c</stp></orderedSTP></ero><parameter type="burst">5</parameter>' +
  '<inclusion type="cost"><lt>5</lt><gte>1</gte><eq>3</eq><eq>4</eq></inclusion>' +
  '<exclusion type="domain"><lte>5</lte><gt>1</gt></exclusion><o:other xmlns:o="urn:other"/></p2p:p2ps>';

const definition =
  '<sd:serviceDefinition xmlns:sd="http://schemas.ogf.org/nsi/2013/12/services/definition" id="urn:s"><name>n</name><comment>c</comment>' +
  '<serviceType>s</serviceType><adaptation name="a" type="t" symmetrical="true"><comment>c</comment><sourceServiceType>s</sourceServiceType>' +
  '<destServiceType>d</destServiceType></adaptation><schema name="p2ps" required="true" namespace="urn:n" type="t"><comment>c</comment>' +
  '<parameter name="capacity" units="bps" required="true" modifiable="pre" namespace="urn:n" type="xsd:long"><comment>c</comment>' +
  '<minInclusive>1</minInclusive><maxInclusive>2</maxInclusive><increment>1</increment><default>1</default>' +
  '<parameter name="p" required="false" namespace="urn:n" type="t"/></parameter></schema>' +
  '<attribute name="a" units="u" namespace="urn:n" type="urn:t"><comment>c</comment><minInclusive>1</minInclusive><maxInclusive>2</maxInclusive>' +
  '<increment>1</increment><default>1</default></attribute><error id="00701" text="t"><comment>c</comment></error></sd:serviceDefinition>';

const agent =
  '<nsa:nsa xmlns:nsa="http://schemas.ogf.org/nsi/2014/02/discovery/nsa" id="urn:a" version="2030-01-01T00:00:00Z" expires="2030-02-01T00:00:00Z">' +
  '<name>n</name><softwareVersion>v</softwareVersion><startTime>2030-01-01T00:00:00Z</startTime>' +
  '<location><name>n</name><longitude>1.5</longitude><latitude>2.5</latitude><altitude>3</altitude><unlocode>JPTYO</unlocode></location>' +
  '<networkId>urn:n</networkId><networkId>urn:m</networkId><interface><type>t</type><href>http://a/</href><describedBy>http://a/?wsdl</describedBy></interface>' +
  '<feature type="f">120</feature><peersWith role="PA">urn:b</peersWith><peersWith>urn:c</peersWith><other><o:other xmlns:o="urn:other"/></other></nsa:nsa>';

export function* corpus(): Generator<Bent> {
  const whole = [
    ...samples,
    { element: 'header', xml: header },
    { element: 'circuit', xml: circuit },
    { element: 'definition', xml: definition },
    { element: 'agent', xml: agent },
  ];
  for (const { element, xml } of whole) {
    yield { what: element, xml };
    for (const bent of bendAll(xml)) yield { ...bent, what: `${element}: ${bent.what}` };
  }
}

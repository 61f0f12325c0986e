/** The NSA document of the NSI discovery service: wsdl/nsi/discovery-nsa.xsd. Pure. */
import { writeDocument, type XmlTree } from '../xml/write-tree.js';

export interface NsaDocument {
  nsaId: string;
  /** When what it says last changed. */
  version: Date;
  name: string;
  softwareVersion: string;
  startTime: Date;
  networkIds: readonly string[];
  interfaces: readonly { type: string; href: string; describedBy?: string }[];
  features: readonly { type: string; value?: string }[];
  /** NSAs that may ask this one. */
  requesters: readonly string[];
}

const text = (tag: string, content: string): XmlTree => ({ tag, content });

const toInterface = ({ type, href, describedBy }: NsaDocument['interfaces'][number]): XmlTree => ({
  tag: 'interface',
  content: [
    text('type', type),
    text('href', href),
    ...(describedBy === undefined ? [] : [text('describedBy', describedBy)]),
  ],
});

export const writeNsaDocument = (document: NsaDocument): string =>
  writeDocument({
    tag: 'nsa:nsa',
    attributes: {
      'xmlns:nsa': 'http://schemas.ogf.org/nsi/2014/02/discovery/nsa',
      id: document.nsaId,
      version: document.version.toISOString(),
    },
    content: [
      text('name', document.name),
      text('softwareVersion', document.softwareVersion),
      text('startTime', document.startTime.toISOString()),
      ...document.networkIds.map((id) => text('networkId', id)),
      ...document.interfaces.map(toInterface),
      ...document.features.map(({ type, value }) => ({
        tag: 'feature',
        attributes: { type },
        ...(value === undefined ? {} : { content: value }),
      })),
      ...document.requesters.map((id) => ({ tag: 'peersWith', attributes: { role: 'PA' }, content: id })),
    ],
  });

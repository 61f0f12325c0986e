/** What the service says of itself to other agents: the NSA document and the topology, as far as whoever reads may know. Translates, never decides. */

import { formatLabels } from '../../domain/p2p/labels.js';
import { halfOf } from '../../domain/p2p/resolve-end.js';
import type { SiteStp } from '../../domain/p2p/site-stps.js';
import type { Provider } from '../../domain/ports/provider.js';
import type { Requester } from '../../domain/reservation/reservation.js';
import type { Site } from '../../domain/site/site-file.js';
import { type NsaDocument, writeNsaDocument } from '../../wire/nsi/discovery-document.js';
import { providerProtocol } from '../../wire/nsi/namespaces.js';
import { type TopologyPort, writeTopologyDocument } from '../../wire/nsi/topology-document.js';
import { serviceTypes } from './criteria-out.js';
import type { NsiSite } from './identify.js';

export interface DocumentContext {
  site: Site & { nsi: NsiSite };
  provider: Pick<Provider, 'listStps' | 'getSoftwareVersion'>;
  startedAt: Date;
}

/** Absent: nobody in particular. */
type Reader = Requester | undefined;

/** A document but for its version, which is found by what it says, and for how the service was reached: `https://host:port`. */
export type WriteDocument = (version: Date, base: string) => string;
export type DocumentName = keyof typeof documents;

const mediaTypes = {
  discovery: 'application/vnd.ogf.nsi.nsa.v1+xml',
  topology: 'application/vnd.ogf.nsi.topology.v2+xml',
} as const;

const bpsPerMbit = 1_000_000;

function describeStp({ place }: SiteStp): string {
  if (place.kind === 'port') return `external port ${place.port}`;
  return place.kind === 'peer' ? `site ${place.site}` : `virtual infrastructure ${place.connectionId}`;
}

function toPort(networkId: string, stp: SiteStp): TopologyPort {
  const { localId, labels, capacityMbit, alias } = stp;
  const id = `${networkId}:${localId}`;
  return {
    id,
    inboundId: halfOf(id, 'in'),
    outboundId: halfOf(id, 'out'),
    name: describeStp(stp),
    labels: formatLabels(labels),
    ...(capacityMbit === undefined ? {} : { capacityBps: capacityMbit * bpsPerMbit }),
    ...(alias === undefined ? {} : { alias: { inboundId: halfOf(alias, 'in'), outboundId: halfOf(alias, 'out') } }),
  };
}

async function topology({ site, provider }: DocumentContext, reader: Reader): Promise<WriteDocument> {
  const { networkId } = site.nsi;
  const ports = (await provider.listStps(reader)).map((stp) => toPort(networkId, stp));
  return (version) =>
    writeTopologyDocument({ networkId, version, name: site.site, serviceType: serviceTypes.circuit, ports });
}

/** An NSA is told of itself and of those of its tenant; an operator of all. */
const requestersFor = ({ requesters }: NsiSite, reader: Reader): string[] =>
  requesters
    .filter(({ tenant }) => reader?.role === 'operator' || (reader !== undefined && reader.tenant === tenant))
    .map(({ nsaId }) => nsaId);

const interfacesAt = (base: string): NsaDocument['interfaces'] => [
  { type: mediaTypes.discovery, href: `${base}/nsi/discovery.xml` },
  { type: mediaTypes.topology, href: `${base}/nsi/topology.xml` },
  { type: providerProtocol, href: `${base}/nsi/provider`, describedBy: `${base}/nsi/provider?wsdl` },
];

async function discovery({ site, provider, startedAt }: DocumentContext, reader: Reader): Promise<WriteDocument> {
  const document: Omit<NsaDocument, 'version' | 'interfaces'> = {
    nsaId: site.nsi.nsaId,
    name: site.site,
    softwareVersion: `Iris ${provider.getSoftwareVersion()}`,
    startTime: startedAt,
    networkIds: [site.nsi.networkId],
    features: [
      { type: 'vnd.ogf.nsi.cs.v2.role.uPA' },
      { type: 'org.ogf.nsi.cs.v2.commitTimeout', value: String(site.reservations.holdSeconds) },
    ],
    requesters: requestersFor(site.nsi, reader),
  };
  return (version, base) => writeNsaDocument({ ...document, interfaces: interfacesAt(base), version });
}

/** Served as `/nsi/NAME.xml`. */
export const documents = { discovery, topology } as const satisfies Record<
  string,
  (context: DocumentContext, reader: Reader) => Promise<WriteDocument>
>;
export const documentNames = Object.keys(documents) as DocumentName[];
export const mediaTypeOf = (name: DocumentName): string => mediaTypes[name];

/**
 * The topology of a network in the Network Markup Language, as NSI agents write it: an STP is a bidirectional port of two port groups with labels and
 * capacity, and one switching service joins them all. wsdl/nsi/nml-base.xsd. Pure.
 */
import { writeDocument, type XmlTree } from '../xml/write-tree.js';

export interface TopologyPort {
  /** `urn:ogf:network:…`, and of each direction. */
  id: string;
  inboundId: string;
  outboundId: string;
  name: string;
  /** `100-199,300`. */
  labels: string;
  /** Bits per second, each direction. */
  capacityBps?: number;
  /** Ids of the same port in the other network: what comes in here goes out there. */
  alias?: { inboundId: string; outboundId: string };
}

export interface TopologyDocument {
  networkId: string;
  /** When what it says last changed. */
  version: Date;
  name: string;
  serviceType: string;
  ports: readonly TopologyPort[];
}

const nml = 'http://schemas.ogf.org/nml/2013/05/base#';
const ethernet = 'http://schemas.ogf.org/nml/2012/10/ethernet';
const vlanLabels = `${ethernet}#vlan`;
const serviceNamespace = 'http://schemas.ogf.org/nsi/2013/12/services/definition';
/** What NSI reserves by: Mbit/s. */
const granularityBps = 1_000_000;

const reference = (id: string): XmlTree => ({ tag: 'nml:PortGroup', attributes: { id } });
const relation = (type: string, content: readonly XmlTree[]): XmlTree => ({
  tag: 'nml:Relation',
  attributes: { type: `${nml}${type}` },
  content,
});

const toBidirectionalPort = ({ id, name, inboundId, outboundId }: TopologyPort): XmlTree => ({
  tag: 'nml:BidirectionalPort',
  attributes: { id },
  content: [{ tag: 'nml:name', content: name }, reference(inboundId), reference(outboundId)],
});

const toCapacity = (capacityBps: number): XmlTree[] =>
  Object.entries({
    capacity: capacityBps,
    granularity: granularityBps,
    minimumReservableCapacity: granularityBps,
    maximumReservableCapacity: capacityBps,
  }).map(([name, bps]) => ({ tag: `eth:${name}`, content: String(bps) }));

const toPortGroup = (id: string, aliasId: string | undefined, { labels, capacityBps }: TopologyPort): XmlTree => ({
  tag: 'nml:PortGroup',
  attributes: { id, encoding: ethernet },
  content: [
    { tag: 'nml:LabelGroup', attributes: { labeltype: vlanLabels }, content: labels },
    ...(aliasId === undefined ? [] : [relation('isAlias', [reference(aliasId)])]),
    ...(capacityBps === undefined ? [] : toCapacity(capacityBps)),
  ],
});

export function writeTopologyDocument({ networkId, version, name, serviceType, ports }: TopologyDocument): string {
  const definitionId = `${networkId}:definition`;
  const service: XmlTree = {
    tag: 'nml:SwitchingService',
    attributes: {
      id: `${networkId}:switch`,
      encoding: ethernet,
      labelSwapping: 'true',
      labelType: vlanLabels,
    },
    content: [
      relation(
        'hasInboundPort',
        ports.map(({ inboundId }) => reference(inboundId)),
      ),
      relation(
        'hasOutboundPort',
        ports.map(({ outboundId }) => reference(outboundId)),
      ),
      { tag: 'sd:serviceDefinition', attributes: { id: definitionId } },
    ],
  };
  return writeDocument({
    tag: 'nml:Topology',
    attributes: {
      'xmlns:nml': nml,
      'xmlns:eth': ethernet,
      'xmlns:sd': serviceNamespace,
      id: networkId,
      version: version.toISOString(),
    },
    content: [
      { tag: 'nml:name', content: name },
      ...ports.map(toBidirectionalPort),
      {
        tag: 'sd:serviceDefinition',
        attributes: { id: definitionId },
        content: [
          { tag: 'name', content: 'Ethernet point-to-point with VLAN translation' },
          { tag: 'serviceType', content: serviceType },
        ],
      },
      relation('hasService', [service]),
      relation(
        'hasInboundPort',
        ports.map((port) => toPortGroup(port.inboundId, port.alias?.outboundId, port)),
      ),
      relation(
        'hasOutboundPort',
        ports.map((port) => toPortGroup(port.outboundId, port.alias?.inboundId, port)),
      ),
    ],
  });
}

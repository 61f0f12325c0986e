/** A virtual infrastructure with every choice made: what the drivers build. Derived from Criteria by placement, stored with the version. */
import type { PlacedPointToPoint } from '../p2p/point-to-point.js';
import type { HostSpec, IpAddress, MacAddress, PeerSpec, SegmentSpec, VlanId } from './criteria.js';

export interface PlacedNic {
  mac: MacAddress;
  ip?: IpAddress;
  prefixLength?: number;
  /** Name of the node's network interface (and OVS port): at most 15 characters, unique on the site. */
  portName: string;
}

export interface PlacedVm {
  /** Unique within the VI. */
  name: string;
  node: string;
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
  image: string;
  nested: boolean;
  nics: PlacedNic[];
  userData?: string;
}

export interface PlacedExternalPort {
  name: string;
  /** The gateway whose switch has it. */
  node: string;
  vlans: VlanId[];
}

export interface PlacedVi {
  connectionId: string;
  version: number;
  tenant: string;
  /** Small and unique on the site: names the VI in flow cookies and metadata. 1 – 2^32-1. */
  viNumber: number;
  segment: SegmentSpec;
  vms: PlacedVm[];
  externalPorts: PlacedExternalPort[];
  /** The one gateway of this site that talks to other sites for this segment; absent when the VI needs none. */
  gateway?: string;
  peers: PeerSpec[];
  hosts: HostSpec[];
  /** Two ends that are joined with each other, and with nothing else. */
  pointToPoint?: PlacedPointToPoint;
}

/** Every node that any of these versions has something on, each once. */
export const nodesOf = (versions: readonly PlacedVi[]): string[] => [
  ...new Set(
    versions.flatMap(({ vms, externalPorts, gateway, pointToPoint }) => [
      ...vms.map(({ node }) => node),
      ...externalPorts.map(({ node }) => node),
      ...(gateway === undefined ? [] : [gateway]),
      ...(pointToPoint === undefined ? [] : [pointToPoint.source.node, pointToPoint.dest.node]),
    ]),
  ),
];

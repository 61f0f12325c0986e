/**
 * A point-to-point service: two STPs of this site's network and what is promised between them. It is reserved, held, built and taken down like
 * any VI — one without VMs and with two ends — so that there is one engine for both.
 */
export const directionalities = ['Bidirectional', 'Unidirectional'] as const;
export type Directionality = (typeof directionalities)[number];

export interface PointToPoint {
  /** STPs as asked for; of a range of labels the site chooses one. */
  source: string;
  dest: string;
  /** Megabits per second, in each direction that there is. */
  capacityMbit: number;
  directionality: Directionality;
  symmetricPath?: boolean;
  /** STPs that the path is to pass, in order. */
  ero?: string[];
}

interface AnyEnd {
  /** The STP with the label that was chosen. */
  stp: string;
}

export interface PortEnd extends AnyEnd {
  kind: 'port';
  /** Name of the external port. */
  port: string;
  node: string;
  /** 0 is untagged. */
  vlan: number;
}

export interface PeerEnd extends AnyEnd {
  kind: 'peer';
  /** Name of the other site. */
  site: string;
  /** The gateway here that has the tunnel. */
  node: string;
  /** The label, which is the segment key on that tunnel (docs/adr/label-of-a-peer.md). */
  key: number;
}

/** The segment of another reservation. */
export interface ViEnd extends AnyEnd {
  kind: 'vi';
  connectionId: string;
  viNumber: number;
  /** Where it is joined: at the other end's node. */
  node: string;
  /** 0 is untagged. */
  vlan: number;
}

export type PlacedEnd = PortEnd | PeerEnd | ViEnd;

export interface PlacedPointToPoint {
  source: PlacedEnd;
  dest: PlacedEnd;
  capacityMbit: number;
  directionality: Directionality;
  symmetricPath: boolean;
}

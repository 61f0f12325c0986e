/**
 * Where a point-to-point service ends in a VI: a pair of patch ports in our bridge. To the service the one is an end like any other, to the VI the
 * other is one more external port; neither knows the other's flows, and either may come and go first.
 */
import type { ViEnd } from '../../../domain/p2p/point-to-point.js';
import type { VlanId } from '../../../domain/vi/criteria.js';
import type { PlacedVi } from '../../../domain/vi/placed-vi.js';

export interface PatchPort {
  portName: string;
  peer: string;
}

/** At most 15 characters, of which the number has 7. */
const nameOf = (viNumber: number, end: 'service' | 'vi'): string =>
  `join${viNumber.toString(36)}-${end === 'vi' ? 'v' : 'p'}`;

export const toServicePatch = (viNumber: number): PatchPort => ({
  portName: nameOf(viNumber, 'service'),
  peer: nameOf(viNumber, 'vi'),
});

export interface JoinPort extends PatchPort {
  node: string;
  vlan: VlanId;
}

const toJoinPort = (viNumber: number, { node, vlan }: ViEnd): JoinPort => {
  const { portName, peer } = toServicePatch(viNumber);
  return { portName: peer, peer: portName, node, vlan };
};

export const viEndsOf = ({ pointToPoint }: PlacedVi): ViEnd[] =>
  pointToPoint === undefined ? [] : [pointToPoint.source, pointToPoint.dest].filter((end) => end.kind === 'vi');

/** What joins a VI, of all services that are kept. */
export const deriveJoinPorts = (connectionId: string, kept: Iterable<PlacedVi>): JoinPort[] =>
  [...kept].flatMap((service) =>
    viEndsOf(service)
      .filter((end) => end.connectionId === connectionId)
      .map((end) => toJoinPort(service.viNumber, end)),
  );

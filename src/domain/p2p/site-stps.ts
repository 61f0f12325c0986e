/** The STPs of a site: its external ports, its peers' gateways, and the segments of VIs that may be joined. Pure. */
import type { Reservation, StpCapacity } from '../reservation/reservation.js';
import type { Site } from '../site/site-file.js';
import type { Encapsulation, IpAddress } from '../vi/criteria.js';
import { fromOfferedVlans, type LabelRange } from './labels.js';

export type StpPlace =
  | { kind: 'port'; port: string; node: string }
  /** The first gateway of either site: both choose alike without asking each other. */
  | { kind: 'peer'; site: string; node: string; gateway: IpAddress; encapsulation: Encapsulation }
  | { kind: 'vi'; connectionId: string; viNumber: number; start: Date; end?: Date };

export interface SiteStp {
  localId: string;
  place: StpPlace;
  /** Labels that it offers. */
  labels: LabelRange[];
  /** Per direction, over all services at one time; absent where none is accounted. */
  capacityMbit?: number;
  /** Who may use and see it; everyone if absent. */
  tenants?: string[];
  /** The same STP in the other network, of a peer that is one. */
  alias?: string;
}

/** Names in a site file have no `+`, so that none of these can be another's. */
export const peerStpId = (site: string): string => `peer+${site}`;
const viPrefix = 'vi+';
export const viStpId = (connectionId: string): string => `${viPrefix}${connectionId}`;

/** The reservation whose segment an STP stands for, if it is one of those. */
export const connectionOfStp = (localId: string): string | undefined =>
  localId.startsWith(viPrefix) ? localId.slice(viPrefix.length) : undefined;

export const derivePortStps = (site: Site): SiteStp[] =>
  site.externalPorts.map(({ name, node, vlans, capacityMbit, tenants }) => ({
    localId: name,
    place: { kind: 'port', port: name, node },
    labels: fromOfferedVlans(vlans),
    capacityMbit,
    ...(tenants === undefined ? {} : { tenants }),
  }));

/** Of peers whose file says which labels are for point-to-point services. */
export function derivePeerStps(site: Site): SiteStp[] {
  const gateway = site.nodes.find((node) => node.gateway !== undefined);
  if (gateway === undefined) return [];
  return site.peers.flatMap(({ site: name, gateways, vlans, encapsulation, capacityMbit, networkId }) =>
    vlans === undefined
      ? []
      : [
          {
            localId: peerStpId(name),
            place: { kind: 'peer' as const, site: name, node: gateway.name, gateway: gateways[0]!, encapsulation },
            labels: fromOfferedVlans(vlans),
            capacityMbit,
            ...(networkId === undefined ? {} : { alias: `${networkId}:${peerStpId(site.site)}` }),
          },
        ],
  );
}

export const deriveSiteStps = (site: Site): SiteStp[] => [...derivePortStps(site), ...derivePeerStps(site)];

const everyVlan: LabelRange = { from: 0, to: 4094 };

/** A VI that is held or in force and not over can be joined, for as long as its version lasts; a point-to-point service cannot. */
export function deriveViStp({ connectionId, viNumber, tenant, states, ...versions }: Reservation): SiteStp | undefined {
  const version = versions.committed ?? versions.held;
  const isOver = states.lifecycle !== 'Created';
  if (version === undefined || isOver || version.placed.pointToPoint !== undefined) return undefined;
  const { start, end } = version;
  return {
    localId: viStpId(connectionId),
    place: { kind: 'vi', connectionId, viNumber, start, ...(end === undefined ? {} : { end }) },
    labels: [everyVlan],
    tenants: [tenant],
  };
}

/** What the database is told to guard. */
export const deriveStpCapacities = (site: Site): StpCapacity[] =>
  deriveSiteStps(site).flatMap(({ localId, capacityMbit }) =>
    capacityMbit === undefined ? [] : [{ stp: localId, capacityMbit }],
  );

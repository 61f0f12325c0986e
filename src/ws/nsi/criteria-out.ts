/** A version of a reservation as NSI's criteria: when, which service, and the service with every choice made. */
import type { PlacedPointToPoint } from '../../domain/p2p/point-to-point.js';
import type { ReservationVersion } from '../../domain/reservation/reservation.js';
import { withoutUserData } from '../../domain/vi/without-user-data.js';
import type { WireConfirmCriteria } from '../../wire/nsi/connection-types.js';
import { p2pVocabulary, viVocabulary } from '../../wire/nsi/namespaces.js';
import { p2ps, type WireP2ps } from '../../wire/nsi/p2p.js';
import { infrastructure, placement, type WireInfrastructure } from '../../wire/nsi/vi.js';
import type { XmlFragment } from '../../wire/xml/schema-type.js';
import { toFragment } from '../../wire/xml/write-xml.js';
import { fromPlacedVm } from '../rms/reservation-out.js';

export type NsiVersion = Pick<ReservationVersion, 'version' | 'criteria' | 'placed' | 'start' | 'end'>;

/** What a reservation that named no service type is told to be of. */
export const serviceTypes = {
  circuit: 'http://services.ogf.org/nsi/2013/12/descriptions/EVTS.A-GOLE',
  infrastructure: viVocabulary.namespace,
} as const;

const fromCircuit = ({ source, dest, capacityMbit, directionality, symmetricPath }: PlacedPointToPoint): WireP2ps => ({
  capacity: capacityMbit,
  directionality,
  symmetricPath,
  sourceStp: source.stp,
  destStp: dest.stp,
  parameters: [],
  inclusions: [],
  exclusions: [],
  others: [],
});

const fromWanted = ({ segment, vms, externalPorts, peers, hosts }: NsiVersion['criteria']): WireInfrastructure => ({
  segment,
  vms: vms.map(withoutUserData),
  externalPorts,
  peers,
  hosts,
});

function toServices({ criteria, placed }: NsiVersion): XmlFragment[] {
  const { pointToPoint, vms, externalPorts, gateway } = placed;
  if (pointToPoint !== undefined) return [toFragment(p2pVocabulary, 'p2ps', p2ps, fromCircuit(pointToPoint))];
  return [
    toFragment(viVocabulary, 'infrastructure', infrastructure, fromWanted(criteria)),
    toFragment(viVocabulary, 'placement', placement, { vms: vms.map(fromPlacedVm), externalPorts, gateway }),
  ];
}

export const fromVersion = (version: NsiVersion, serviceType: string | undefined): WireConfirmCriteria => ({
  version: version.version,
  schedule: { startTime: version.start, endTime: version.end ?? null },
  serviceType: serviceType ?? serviceTypes[version.placed.pointToPoint === undefined ? 'infrastructure' : 'circuit'],
  services: toServices(version),
});

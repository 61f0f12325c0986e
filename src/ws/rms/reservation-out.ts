/** A reservation from the domain's words to the wire's. What a tenant put into its VMs (user data) is not among them. */
import type { HistoryEntry } from '../../domain/ports/store.js';
import type { RegistryEntry } from '../../domain/registry/registry-entry.js';
import type { Reservation, ReservationVersion } from '../../domain/reservation/reservation.js';
import type { PlacedVm } from '../../domain/vi/placed-vi.js';
import type { RmsResponse, WireReservation, WireVersion } from '../../wire/rms/types.js';

type WireRegistryEntry = RmsResponse<'getReservation'>['registry'][number];
type WireTransition = RmsResponse<'getReservation'>['history'][number];

export const fromPlacedVm = (vm: PlacedVm): WireVersion['vms'][number] => ({
  ...vm,
  nics: vm.nics.map(({ portName, ...nic }) => ({ ...nic, port: portName })),
});

function fromVersion(version: ReservationVersion & { holdExpires?: Date }): WireVersion {
  const { segment, vms, externalPorts, gateway, peers, hosts } = version.placed;
  return {
    version: version.version,
    state: version.state,
    startTime: version.start,
    endTime: version.end,
    holdExpires: version.holdExpires,
    segment,
    vms: vms.map(fromPlacedVm),
    externalPorts,
    gateway,
    peers,
    hosts,
  };
}

export const fromReservation = (reservation: Reservation): WireReservation => ({
  connectionId: reservation.connectionId,
  globalReservationId: reservation.globalReservationId,
  description: reservation.description,
  tenant: reservation.tenant,
  requester: reservation.requester,
  autoProvision: reservation.autoProvision,
  terminateOnRelease: reservation.terminateOnRelease,
  states: {
    reservationState: reservation.states.reservation,
    provisionState: reservation.states.provision,
    lifecycleState: reservation.states.lifecycle,
    dataPlaneStatus: {
      active: reservation.states.dataPlane.active,
      version: reservation.states.dataPlane.version,
      versionConsistent: reservation.states.dataPlane.consistent,
    },
  },
  committed: reservation.committed && fromVersion(reservation.committed),
  held: reservation.held && fromVersion(reservation.held),
  errorEvent: reservation.errorEvent && {
    timeStamp: reservation.errorEvent.at,
    event: reservation.errorEvent.event,
    node: reservation.errorEvent.node,
    text: reservation.errorEvent.text,
    permanent: reservation.errorEvent.permanent,
  },
  createdAt: reservation.createdAt,
  updatedAt: reservation.updatedAt,
});

export const fromRegistryEntry = ({ place, ...entry }: RegistryEntry): WireRegistryEntry => ({
  ...entry,
  ...(place.kind === 'site' ? { site: place.site } : { node: place.node, port: place.portName }),
});

export const fromHistoryEntry = ({ connectionId: _, ...entry }: HistoryEntry): WireTransition => entry;

/** A reservation as text for people. */
import type { RmsResponse, WireReservation, WireVersion } from '../../wire/rms/types.js';
import { registryText } from './registry-view.js';
import { formatTime, formatVlans, renderFields, renderTable, section } from './text-table.js';

const dataPlaneText = ({ active, version, versionConsistent }: WireReservation['states']['dataPlaneStatus']): string =>
  active ? `active, version ${version}${versionConsistent ? '' : ', not yet on every node'}` : 'not active';

function stateFields({ states }: WireReservation): [string, string | undefined][] {
  return [
    ['reservation', states.reservationState],
    ['provision', states.provisionState],
    ['lifecycle', states.lifecycleState],
    ['data plane', dataPlaneText(states.dataPlaneStatus)],
  ];
}

function versionText(version: WireVersion): string {
  const vms = version.vms.flatMap((vm) =>
    (vm.nics.length === 0 ? [undefined] : vm.nics).map((nic, index) => [
      vm.name,
      vm.node,
      vm.cpus,
      vm.memoryMiB,
      vm.diskGiB,
      vm.image,
      nic && index,
      nic?.mac,
      nic?.ip,
      nic?.port,
    ]),
  );
  const fields = renderFields([
    ['start', formatTime(version.startTime)],
    ['end', version.endTime === undefined ? 'open-ended' : formatTime(version.endTime)],
    ['hold expires', version.holdExpires && formatTime(version.holdExpires)],
    ['segment', `${version.segment.encapsulation} key ${version.segment.key}`],
    ['gateway', version.gateway],
    ['peers', version.peers.map((peer) => `${peer.site} by ${peer.gateway}`).join(', ')],
    [
      'external ports',
      version.externalPorts.map((port) => `${port.name} on ${port.node}: ${formatVlans(port.vlans)}`).join('; '),
    ],
  ]);
  const head = ['vm', 'node', 'cpus', 'MiB', 'disk GiB', 'image', 'nic', 'mac', 'ip', 'port'];
  const parts = [section(`version ${version.version}, ${version.state}`, fields)];
  if (vms.length > 0) parts.push('', renderTable(head, vms));
  return parts.join('\n');
}

export function reservationText(reservation: WireReservation): string {
  const head = renderFields([
    ['connection', reservation.connectionId],
    ['description', reservation.description],
    ['global id', reservation.globalReservationId],
    ['tenant', reservation.tenant],
    ['requester', reservation.requester],
    ...stateFields(reservation),
    ['provisions by itself', reservation.autoProvision],
    ['release ends it', reservation.terminateOnRelease],
  ]);
  const { committed, held, errorEvent } = reservation;
  const parts = [head];
  if (errorEvent !== undefined) {
    const where = errorEvent.node === undefined ? '' : ` on ${errorEvent.node}`;
    parts.push(
      section(
        `${errorEvent.event}${where}${errorEvent.permanent ? ', for good,' : ''} at ${formatTime(errorEvent.timeStamp)}`,
        errorEvent.text,
      ),
    );
  }
  for (const version of [committed, held]) if (version !== undefined) parts.push(versionText(version));
  return parts.join('\n');
}

type Shown = RmsResponse<'getReservation'>;

const vmStateTexts: Readonly<Record<Shown['vmStates'][number]['state'], string>> = {
  running: 'running',
  paused: 'paused',
  shutoff: 'down, to be started',
  crashed: 'crashed, to be started',
  shutDownByGuest: 'shut down by its guest, stays down',
  missing: 'not on its node, to be made',
  unseen: 'not known: its node does not answer',
};

export function shownReservationText(shown: Shown): string {
  const parts = [reservationText(shown.reservation)];
  if (shown.vmStates.length > 0) {
    const rows = shown.vmStates.map(({ name, node, state }) => [name, node, vmStateTexts[state]]);
    parts.push(section('VMs now', renderTable(['vm', 'node', 'state'], rows)));
  }
  if (shown.segmentMtu !== undefined) parts.push(section('MTU of the segment', `${shown.segmentMtu} bytes`));
  if (shown.registry.length > 0) parts.push(section('registry', registryText(shown.registry)));
  const rows = shown.history.map((step) => [
    formatTime(step.at),
    step.machine,
    step.from,
    step.to,
    step.by,
    step.reason,
  ]);
  if (rows.length > 0)
    parts.push(section('history', renderTable(['at', 'machine', 'from', 'to', 'by', 'reason'], rows)));
  return parts.join('\n');
}

const troubleText = ({ errorEvent }: WireReservation): string | undefined =>
  errorEvent && [errorEvent.event, ...(errorEvent.node === undefined ? [] : ['on', errorEvent.node])].join(' ');

export function reservationListText(reservations: readonly WireReservation[], next: string | undefined): string {
  const rows = reservations.map((reservation) => {
    const version = reservation.committed ?? reservation.held;
    const { states } = reservation;
    return [
      reservation.connectionId,
      reservation.tenant,
      states.reservationState,
      states.provisionState,
      states.lifecycleState,
      states.dataPlaneStatus.active,
      formatTime(version?.startTime),
      formatTime(version?.endTime),
      version?.segment.key,
      version?.vms.length,
      troubleText(reservation),
      reservation.description,
    ];
  });
  const head = ['connection', 'tenant', 'reservation', 'provision', 'lifecycle', 'active'];
  const table = renderTable([...head, 'start', 'end', 'key', 'vms', 'trouble', 'description'], rows);
  return next === undefined ? table : `${table}\n\nThere are more: iris list --after ${next}`;
}

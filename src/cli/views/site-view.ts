/** A site, and what is free there, as text for people. */
import type { RmsResponse } from '../../wire/rms/types.js';
import { formatTime, formatVlans, renderFields, renderTable, section } from './text-table.js';

export function siteText(site: RmsResponse<'getSite'>): string {
  const nodes = site.nodes.map((node) => [
    node.name,
    node.gateway,
    node.cpus,
    node.memoryMiB,
    node.diskGiB,
    node.accelerator ?? (node.cpus > 0 ? 'not reached' : undefined),
    node.nested,
    node.master,
    node.cordoned === true ? 'cordoned' : 'open',
  ]);
  const ports = site.externalPorts.map((port) => [port.name, port.node, formatVlans(port.vlans), port.mtu]);
  const parts = [
    renderFields([
      ['site', site.site],
      ['version', site.version],
      ['images', site.images.join(', ')],
      ['encapsulations', site.encapsulations.join(', ')],
      ['segment keys', `${site.segmentKeyFrom} to ${site.segmentKeyTo}`],
      ['gateways', site.gateways.map(({ node, address }) => `${node} at ${address}`).join(', ')],
      ['peers', site.peers.map((peer) => `${peer.site} by ${peer.gateways.join(', ')}`).join('; ')],
    ]),
    section(
      'nodes',
      renderTable(['name', 'gateway', 'cpus', 'MiB', 'disk GiB', 'accelerator', 'nested', 'master', 'state'], nodes),
    ),
  ];
  if (ports.length > 0) parts.push(section('external ports', renderTable(['name', 'node', 'vlans', 'mtu'], ports)));
  return parts.join('\n');
}

const ofTotal = (free: number, total: number): string => `${free} of ${total}`;

export function availabilityText(availability: RmsResponse<'getAvailability'>): string {
  const rows = availability.nodes.map(({ node, free, total }) => [
    node,
    ofTotal(free.cpus, total.cpus),
    ofTotal(free.memoryMiB, total.memoryMiB),
    ofTotal(free.diskGiB, total.diskGiB),
  ]);
  const to = availability.endTime === undefined ? 'open-ended' : formatTime(availability.endTime);
  const taken = renderFields([
    ['taken segment keys', availability.takenSegmentKeys.join(', ')],
    [
      'taken VLANs',
      availability.takenExternalPortVlans
        .map(({ externalPort, vlan }) => `${externalPort}: ${formatVlans([vlan])}`)
        .join('; '),
    ],
  ]);
  const table = renderTable(['node', 'free cpus', 'free MiB', 'free disk GiB'], rows);
  const head = `Free over the whole of ${formatTime(availability.startTime)} to ${to}:`;
  return [head, '', table, ...(taken === '' ? [] : ['', taken])].join('\n');
}

export function planText(plan: RmsResponse<'planReservation'>): string {
  const parts = [
    renderTable(
      ['vm', 'node'],
      plan.placement.map(({ vm, node }) => [vm, node]),
    ),
    `\nMTU of the segment: ${plan.segmentMtu} bytes`,
  ];
  for (const node of plan.network) {
    const lists = [
      ['OVSDB rows', node.ovsdbRows],
      ['groups', node.groups],
      ['meters', node.meters],
      ['flows', node.flows],
    ] as const;
    for (const [what, lines] of lists)
      if (lines.length > 0) parts.push(section(`${node.node}: ${what}`, lines.map((line) => `  ${line}`).join('\n')));
  }
  for (const domain of plan.domains)
    parts.push(section(`${domain.node}: domain of ${domain.vm}`, domain.xml.trimEnd()));
  return parts.join('\n');
}

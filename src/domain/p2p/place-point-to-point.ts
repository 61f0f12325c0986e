/** From a point-to-point request, the site's STPs and what is taken to a PlacedVi with every choice made. Pure. */
import { IrisError } from '../errors/iris-error.js';
import type { TakenLabels } from '../reservation/reservation.js';
import type { Site } from '../site/site-file.js';
import type { PlacementRequest } from '../vi/place-vi.js';
import type { PlacedExternalPort, PlacedVi } from '../vi/placed-vi.js';
import { checkPointToPoint } from './check-point-to-point.js';
import { type ChosenLabels, chooseLabels } from './choose-labels.js';
import type { PlacedEnd, PlacedPointToPoint, PointToPoint } from './point-to-point.js';
import { type EndContext, type ResolvedEnd, resolveEnd } from './resolve-end.js';
import type { SiteStp } from './site-stps.js';
import { formatStp, parseStp } from './stp.js';

export interface PointToPointRequest extends PlacementRequest {
  interval: { start: Date; end?: Date };
}

/** A segment can be joined while its version lasts. */
function ensureThere({ stp: { localId, place } }: ResolvedEnd, { start, end }: PointToPointRequest['interval']): void {
  if (place.kind !== 'vi') return;
  const isCovered = place.start <= start && (place.end === undefined || (end !== undefined && end <= place.end));
  if (!isCovered)
    throw new IrisError('stpUnavailable', {
      what: `'${localId}' is there from ${place.start.toISOString()} to ${place.end?.toISOString() ?? 'whenever it is terminated'}`,
      variables: { stp: localId },
    });
}

const nodeOf = ({ stp: { place } }: ResolvedEnd): string => (place.kind === 'vi' ? '' : place.node);

function toEnd(text: string, { stp: { place } }: ResolvedEnd, label: number, other: ResolvedEnd): PlacedEnd {
  const stp = formatStp({ ...parseStp(text), labels: [{ from: label, to: label }] });
  if (place.kind === 'port') return { kind: 'port', stp, port: place.port, node: place.node, vlan: label };
  if (place.kind === 'peer') return { kind: 'peer', stp, site: place.site, node: place.node, key: label };
  const { connectionId, viNumber } = place;
  return { kind: 'vi', stp, connectionId, viNumber, node: nodeOf(other), vlan: label };
}

const labelOf = (end: PlacedEnd): number => (end.kind === 'peer' ? end.key : end.vlan);

/** What a modification keeps if it can: the labels of the same STPs. */
function labelsBefore(
  placed: PlacedPointToPoint | undefined,
  { source, dest }: PointToPoint,
): ChosenLabels | undefined {
  if (placed === undefined) return undefined;
  const isSame = (asked: string, had: PlacedEnd): boolean => parseStp(asked).localId === parseStp(had.stp).localId;
  return isSame(source, placed.source) && isSame(dest, placed.dest)
    ? { source: labelOf(placed.source), dest: labelOf(placed.dest) }
    : undefined;
}

/** For services that no peer gives a label: from the top, where coordinators look last. */
function chooseKey({ segments }: Site, taken: TakenLabels): number {
  const held = new Set(taken.segments.map(({ key }) => key));
  for (let key = segments.keyTo; key >= segments.keyFrom; key -= 1) if (!held.has(key)) return key;
  throw new IrisError('stpUnavailable', {
    what: 'all segment keys of this site are taken in this time',
    variables: {},
  });
}

function deriveSegment(
  ends: readonly ResolvedEnd[],
  labels: ChosenLabels,
  request: PointToPointRequest,
  site: Site,
  taken: TakenLabels,
) {
  const peer = ends.find(({ stp }) => stp.place.kind === 'peer');
  if (peer?.stp.place.kind === 'peer')
    return { key: peer === ends[0] ? labels.source : labels.dest, encapsulation: peer.stp.place.encapsulation };
  const before = request.before?.inForce;
  const hadPeer = before?.peers.length !== 0;
  return before !== undefined && !hadPeer
    ? before.segment
    : { key: chooseKey(site, taken), encapsulation: site.segments.encapsulations[0]! };
}

function toExternalPorts(ends: readonly PlacedEnd[]): PlacedExternalPort[] {
  const ports = new Map<string, PlacedExternalPort>();
  for (const end of ends) {
    if (end.kind !== 'port') continue;
    const port = ports.get(end.port) ?? { name: end.port, node: end.node, vlans: [] };
    port.vlans.push(end.vlan);
    ports.set(end.port, port);
  }
  return [...ports.values()];
}

/**
 * `stps`: those of the site, and of the VIs that the request names. `taken`: in the interval, by others. Throws IrisError: what resolveEnd and
 * chooseLabels throw, and payload, invalidEro.
 */
export function placePointToPoint(
  request: PointToPointRequest,
  site: Site,
  stps: readonly SiteStp[],
  taken: TakenLabels,
): PlacedVi {
  const asked = request.criteria.pointToPoint!;
  const networkId = checkPointToPoint(asked, site);
  const context: EndContext = { networkId, stps, tenant: request.tenant };
  const source = resolveEnd(asked.source, 'source', asked.directionality, context);
  const dest = resolveEnd(asked.dest, 'dest', asked.directionality, context);
  const ends = [source, dest];
  for (const end of ends) ensureThere(end, request.interval);
  if (ends.every(({ stp }) => stp.place.kind === 'vi'))
    throw new IrisError('stpResolution', {
      what: 'both ends are VIs: one of them has to be an external port or a peer',
      variables: { source: asked.source, dest: asked.dest },
    });
  const labels = chooseLabels(source, dest, taken, labelsBefore(request.before?.inForce.pointToPoint, asked));
  const placed = [
    toEnd(asked.source, source, labels.source, dest),
    toEnd(asked.dest, dest, labels.dest, source),
  ] as const;
  const peers = ends.flatMap(({ stp: { place } }) =>
    place.kind === 'peer' ? [{ site: place.site, gateway: place.gateway }] : [],
  );
  const gateway = placed.find((end) => end.kind === 'peer')?.node;
  return {
    connectionId: request.connectionId,
    version: request.version,
    tenant: request.tenant,
    viNumber: request.viNumber,
    segment: deriveSegment(ends, labels, request, site, taken),
    vms: [],
    externalPorts: toExternalPorts(placed),
    ...(gateway === undefined ? {} : { gateway }),
    peers,
    hosts: [],
    pointToPoint: {
      source: placed[0],
      dest: placed[1],
      capacityMbit: asked.capacityMbit,
      directionality: asked.directionality,
      symmetricPath: asked.symmetricPath ?? true,
    },
  };
}

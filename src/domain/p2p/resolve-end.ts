/** From the STP that a request names to the one of the site that it means, with the labels that may be chosen. Pure. */
import { IrisError } from '../errors/iris-error.js';
import { intersectRanges, type LabelRange } from './labels.js';
import type { Directionality } from './point-to-point.js';
import type { SiteStp } from './site-stps.js';
import { parseStp } from './stp.js';

/** A point-to-point service's traffic enters the network at its source; `in` and `out` are the network's view of the traffic. */
export const directions = ['in', 'out'] as const;
export type Direction = (typeof directions)[number];

/** The unidirectional halves of an STP, as the topology lists them. */
export const halfOf = (localId: string, direction: Direction): string => `${localId}+${direction}`;

export interface ResolvedEnd {
  stp: SiteStp;
  /** What was asked for, of what is offered. */
  options: LabelRange[];
}

export interface EndContext {
  networkId: string;
  /** All that there are; which of them the tenant may use is asked here. */
  stps: readonly SiteStp[];
  tenant: string;
}

const directionOf: Record<'source' | 'dest', Direction> = { source: 'in', dest: 'out' };

function findStp(localId: string, stps: readonly SiteStp[]): { stp: SiteStp; half?: Direction } | undefined {
  for (const stp of stps) {
    if (stp.localId === localId) return { stp };
    const half = directions.find((direction) => halfOf(stp.localId, direction) === localId);
    if (half !== undefined) return { stp, half };
  }
  return undefined;
}

function checkDirection(
  text: string,
  role: 'source' | 'dest',
  half: Direction | undefined,
  directionality: Directionality,
): void {
  if (half === undefined) return;
  const wanted = directionOf[role];
  const what =
    directionality === 'Bidirectional'
      ? `${role} '${text}' is one direction of an STP only, and the service is bidirectional`
      : half === wanted
        ? undefined
        : `${role} '${text}' is the ${half} direction; a ${role} is ${wanted}`;
  if (what !== undefined) throw new IrisError('directionality', { what, variables: { stp: text, directionality } });
}

/** Without a label: an external port's or a peer's are all open to choice; a segment is joined untagged. */
const askedLabels = ({ place, labels }: SiteStp, asked: LabelRange[] | undefined): LabelRange[] =>
  asked ?? (place.kind === 'vi' ? [{ from: 0, to: 0 }] : labels);

/** Throws IrisError: unknownStp, unauthorized, directionality, stpResolution, and what parseStp throws. */
export function resolveEnd(
  text: string,
  role: 'source' | 'dest',
  directionality: Directionality,
  { networkId, stps, tenant }: EndContext,
): ResolvedEnd {
  const { localId, labels, ...named } = parseStp(text);
  const found = named.networkId === networkId ? findStp(localId, stps) : undefined;
  if (found === undefined)
    throw new IrisError('unknownStp', {
      what:
        named.networkId === networkId
          ? `network ${networkId} has no STP '${localId}'`
          : `${role} '${text}' is in network ${named.networkId}, this is ${networkId}`,
      variables: { stp: text },
    });
  const { stp, half } = found;
  if (stp.tenants !== undefined && !stp.tenants.includes(tenant))
    // A VI of another tenant looks as if it did not exist.
    throw stp.place.kind === 'vi'
      ? new IrisError('unknownStp', { what: `network ${networkId} has no STP '${localId}'`, variables: { stp: text } })
      : new IrisError('unauthorized', {
          what: `tenant '${tenant}' may not use '${localId}'`,
          variables: { stp: text, tenant },
        });
  checkDirection(text, role, half, directionality);
  const options = intersectRanges(askedLabels(stp, labels), stp.labels);
  if (options.length === 0)
    throw new IrisError('stpResolution', {
      what: `'${localId}' offers none of the labels of '${text}'`,
      variables: { stp: text },
    });
  return { stp, options };
}

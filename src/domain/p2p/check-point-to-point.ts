/** What can be said of a point-to-point request before its ends are looked at. Pure. */
import { IrisError } from '../errors/iris-error.js';
import type { Site } from '../site/site-file.js';
import type { PointToPoint } from './point-to-point.js';
import { parseStp } from './stp.js';

/** An OpenFlow meter counts kilobits in 32 bits. */
const mostMbit = Math.floor((2 ** 32 - 1) / 1000);

function checkEro({ source, dest, ero = [] }: PointToPoint): void {
  const ends = [source, dest].map((text) => parseStp(text).localId);
  for (const member of ero) {
    const { localId } = parseStp(member);
    if (!ends.includes(localId))
      throw new IrisError('invalidEro', {
        what: `'${member}' is on no way through this network, which leads from end to end`,
        variables: { stp: member },
      });
  }
}

/** The site's network id. Throws IrisError: notImplemented, payload, and what parseStp throws. */
export function checkPointToPoint(asked: PointToPoint, { nsi }: Pick<Site, 'nsi'>): string {
  if (nsi === undefined)
    throw new IrisError('notImplemented', {
      what: 'this site has no NSI network: its site file has no section nsi',
      variables: {},
    });
  const { capacityMbit } = asked;
  if (!Number.isInteger(capacityMbit) || capacityMbit < 1 || capacityMbit > mostMbit)
    throw new IrisError('payload', {
      what: `a capacity is a whole number of Mbit/s, 1 to ${mostMbit}`,
      variables: { capacity: String(capacityMbit) },
    });
  checkEro(asked);
  return nsi.networkId;
}

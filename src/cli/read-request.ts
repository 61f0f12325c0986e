/** Reads a request file and turns it into what the service is asked. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { RmsClient } from '../client/rms-client.js';
import { deriveInterval } from '../coordinator/request/request-parts.js';
import { type SiteRequest, siteRequestSchema } from '../coordinator/request/site-request.js';
import { chooseSegmentKey } from '../coordinator/segment-key.js';
import { parseYaml } from '../lib/yaml-config.js';
import type { RmsRequest } from '../wire/rms/types.js';
import { CliError, usageError } from './cli-error.js';
import { exitCodes } from './exit-codes.js';

/** `-` is standard input. */
export async function readText(path: string): Promise<string> {
  if (path === '-') return readAll(process.stdin);
  return readFile(path, 'utf8').catch((error: Error) => {
    throw usageError(`${path}: cannot be read: ${error.message}`);
  });
}

export const readSiteRequest = async (path: string): Promise<SiteRequest> =>
  parseYaml(await readText(path), siteRequestSchema, path);

async function findFreeKey(client: RmsClient, startTime: Date | undefined, endTime: Date | undefined): Promise<number> {
  const [site, availability] = await Promise.all([client.getSite({}), client.getAvailability({ startTime, endTime })]);
  const offer = { from: site.segmentKeyFrom, to: site.segmentKeyTo, taken: availability.takenSegmentKeys };
  const key = chooseSegmentKey([offer], [], Math.random);
  if (key === undefined) throw new CliError(exitCodes.refused, `${site.site} has no free segment key over this time`);
  return key;
}

/** The criteria that the file asks for; where it names no segment key, `givenKey` or else a free one. */
export async function deriveCriteria(
  request: SiteRequest,
  client: RmsClient,
  givenKey?: number,
): Promise<RmsRequest<'reserve'>['criteria']> {
  const { start, end } = deriveInterval(request.schedule, new Date());
  const key = request.segment.key ?? givenKey ?? (await findFreeKey(client, start, end));
  return {
    schedule: { startTime: start, endTime: end },
    segment: { ...request.segment, key },
    vms: request.vms,
    externalPorts: request.externalPorts,
    peers: request.peers,
    hosts: request.hosts,
  };
}

export async function deriveReservationRequest(
  path: string,
  client: RmsClient,
): Promise<Omit<RmsRequest<'reserve'>, 'correlationId'>> {
  const request = await readSiteRequest(path);
  const { description, globalReservationId, tenant, autoProvision, terminateOnRelease } = request;
  const criteria = await deriveCriteria(request, client);
  return { description, globalReservationId, tenant, autoProvision, terminateOnRelease, criteria };
}

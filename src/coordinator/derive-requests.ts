/**
 * What each site is asked for, derived from the one request: every site gets its own part, the others' gateways as peers, and
 * the machines known beforehand at the others, so that its registry can answer for them. Pure.
 */
import type { RmsRequest, RmsResponse } from '../wire/rms/types.js';
import type { CoAllocationRequest, RequestedSite } from './request/co-allocation-request.js';
import type { Interval } from './request/request-parts.js';

export type SiteView = Pick<
  RmsResponse<'getSite'>,
  'site' | 'gateways' | 'externalPorts' | 'segmentKeyFrom' | 'segmentKeyTo'
>;
type Host = RmsRequest<'reserve'>['criteria']['hosts'][number];

export interface CoAllocationPlan {
  request: CoAllocationRequest;
  interval: Interval;
  globalReservationId: string;
  views: Readonly<Record<string, SiteView>>;
}

/** The site cannot take part; said before anything is reserved. */
export class SiteMismatch extends Error {
  override name = 'SiteMismatch';
}

/** As sites choose it themselves: the gateway of the first external port asked for, else the first that `getSite` lists. */
function deriveGateway(site: RequestedSite, view: SiteView): string {
  if (site.gateway !== undefined) return site.gateway;
  const portNode = view.externalPorts.find((port) => port.name === site.externalPorts[0]?.name)?.node;
  const gateway = view.gateways.find(({ node }) => node === portNode) ?? view.gateways[0];
  if (gateway === undefined) throw new SiteMismatch(`site ${site.name} has no gateway to reach the other sites by`);
  return gateway.address;
}

/** Of the VMs only those whose MAC the request fixes: the site derives the others, and they are learnt when they speak. */
function deriveHosts(site: RequestedSite): Host[] {
  const machines = site.hosts.map((host) => ({ ...host, site: site.name }));
  const vms = site.vms.flatMap((vm) =>
    vm.nics.flatMap((nic) => (nic.mac === undefined ? [] : [{ mac: nic.mac, ip: nic.ip, vlan: 0, site: site.name }])),
  );
  return [...machines, ...vms];
}

export function checkSites(request: CoAllocationRequest, views: Readonly<Record<string, SiteView>>): void {
  for (const { name, url } of request.sites) {
    const answered = views[name]!.site;
    if (answered !== name) throw new SiteMismatch(`${url} is site '${answered}', not '${name}'`);
  }
}

export function deriveReserveRequest(
  plan: CoAllocationPlan,
  siteName: string,
  segmentKey: number,
  correlationId: string,
): RmsRequest<'reserve'> {
  const { request, interval, views } = plan;
  const site = request.sites.find(({ name }) => name === siteName)!;
  const others = request.sites.filter(({ name }) => name !== siteName);
  return {
    correlationId,
    globalReservationId: plan.globalReservationId,
    description: request.description,
    tenant: request.tenant,
    autoProvision: request.autoProvision,
    terminateOnRelease: request.terminateOnRelease,
    criteria: {
      schedule: { startTime: interval.start, endTime: interval.end },
      segment: { ...request.segment, key: segmentKey },
      vms: site.vms,
      externalPorts: site.externalPorts,
      peers: others.map((other) => ({ site: other.name, gateway: deriveGateway(other, views[other.name]!) })),
      hosts: [
        ...site.hosts.map((host) => ({ ...host, site: site.name })),
        ...others.flatMap((other) => deriveHosts(other)),
      ],
    },
  };
}

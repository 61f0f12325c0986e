/** What must hold across the sections of a site file: a table, each rule a pure function that says what is wrong and where. */
import { isLoopback } from '../../lib/loopback.js';
import { findUncertified } from './certified-nodes.js';
import type { Site } from './site-shape.js';

interface Complaint {
  path: (string | number)[];
  message: string;
}
type Rule = (site: Site) => Complaint[];

function repeated(names: readonly string[], toPath: (index: number) => Complaint['path']): Complaint[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) =>
    seen.size === seen.add(name).size ? [{ path: toPath(index), message: `'${name}' is named twice` }] : [],
  );
}

const lists = ['nodes', 'externalPorts', 'images', 'tenants', 'users'] as const;
const resources = ['cpus', 'memoryMiB', 'diskGiB'] as const;

/** Of a `tcp:HOST:PORT`. */
const tcpHost = (address: string): string | undefined =>
  /^tcp:(?:\[(.+)\]|(.+)):\d+$/
    .exec(address)
    ?.slice(1)
    .find((host) => host !== undefined);

/** What is said to nodes, or by them, where others could listen or put words in. `allowance`: the key that lets it. */
const spokenPlainly = (
  nodes: Site['nodes'],
  channel: 'ovsdb' | 'controller',
  protocol: string,
  allowance: string,
): Complaint[] =>
  nodes.flatMap(({ network: { [channel]: address } }, index) => {
    const host = tcpHost(address);
    if (host === undefined || isLoopback(host)) return [];
    const message = `'${address}' is not on loopback and ${protocol} is spoken without TLS: take unix:PATH, or ssl:HOST:PORT (see ssl), or say ${allowance}: true`;
    return [{ path: ['nodes', index, 'network', channel], message }];
  });

const isTenantOf = ({ tenants }: Site, name: string): boolean => tenants.some((tenant) => tenant.name === name);

export const siteRules: Readonly<Record<string, Rule>> = {
  namesAreUnique: (site) =>
    lists.flatMap((list) =>
      repeated(
        site[list].map(({ name }) => name),
        (index) => [list, index, 'name'],
      ),
    ),
  /** A node that keeps all it has for itself has nothing to give. */
  nodesHaveSomethingLeft: ({ nodes }) =>
    nodes.flatMap(({ compute: given }, index) =>
      resources.flatMap((resource) =>
        given !== undefined && given.reserve[resource] >= given[resource]
          ? [
              {
                path: ['nodes', index, 'compute', 'reserve', resource],
                message: `leaves nothing of ${given[resource]} for VMs`,
              },
            ]
          : [],
      ),
    ),
  openflowIsSafe: ({ nodes, listen: { insecureOpenFlow } }) =>
    insecureOpenFlow ? [] : spokenPlainly(nodes, 'controller', 'OpenFlow', 'listen.insecureOpenFlow'),
  ovsdbIsSafe: ({ nodes, insecureOvsdb }) =>
    insecureOvsdb ? [] : spokenPlainly(nodes, 'ovsdb', 'OVSDB', 'insecureOvsdb'),
  sslIsCertified: ({ nodes, ssl }) =>
    findUncertified(nodes, ssl !== undefined).map(({ node, key, message }) => ({
      path: ['nodes', node, 'network', key],
      message,
    })),
  externalPortsAreAtGateways: ({ nodes, externalPorts }) =>
    externalPorts.flatMap(({ node: at }, index) =>
      nodes.some(({ name, gateway }) => name === at && gateway !== undefined)
        ? []
        : [{ path: ['externalPorts', index, 'node'], message: `'${at}' is not a node with a gateway` }],
    ),
  credentialsAreTenants: (site) =>
    (['users', 'clientCertificates'] as const).flatMap((list) =>
      site[list].flatMap(({ role, tenant }, index) => {
        const path = [list, index, 'tenant'];
        if (tenant === undefined)
          return role === 'tenant' ? [{ path, message: 'a credential of role tenant needs a tenant' }] : [];
        return isTenantOf(site, tenant) ? [] : [{ path, message: `'${tenant}' is not among the tenants` }];
      }),
    ),
  requestersAreUnique: ({ nsi }) =>
    repeated(
      (nsi?.requesters ?? []).map(({ nsaId }) => nsaId),
      (index) => ['nsi', 'requesters', index, 'nsaId'],
    ),
  requestersAreTenants: (site) =>
    (site.nsi?.requesters ?? []).flatMap(({ tenant }, index) =>
      isTenantOf(site, tenant)
        ? []
        : [{ path: ['nsi', 'requesters', index, 'tenant'], message: `'${tenant}' is not among the tenants` }],
    ),
  requestersAreKnownOneWay: ({ nsi }) =>
    (nsi?.requesters ?? []).flatMap(({ certificate, withoutCredential }, index) =>
      certificate !== undefined && withoutCredential
        ? [
            {
              path: ['nsi', 'requesters', index, 'withoutCredential'],
              message: 'a requester that shows a certificate is not taken at its word',
            },
          ]
        : [],
    ),
  segmentKeysAreARange: ({ segments: { keyFrom, keyTo } }) =>
    keyFrom > keyTo ? [{ path: ['segments', 'keyTo'], message: 'is below keyFrom' }] : [],
};

/** The site of the storm: the real network driver, whose switches and databases are fakes behind sockets in one folder. */
import { join } from 'node:path';
import { siteFile } from '../cycle/site.js';

export const databasePath = (index: number): string => `n${index + 1}.db`;
export const controllerPath = (index: number): string => `n${index + 1}.mgmt`;

/** Nothing looks by itself while it is measured: what these switches are told they forget. */
const never = 3_600;

export function stormSiteFile(folder: string, switches: number): string {
  const site = JSON.parse(siteFile(folder, switches)) as { nodes: { network: object }[] };
  return JSON.stringify({
    ...site,
    drivers: { compute: 'fake', network: 'ovs' },
    // Few are learnt, and the rest is made up: as large a registry as a VI has that is not attacked.
    registry: { macsPerVmPort: 16 },
    reservations: { watchSeconds: never, resyncSeconds: never },
    nodes: site.nodes.map((node, index) => ({
      ...node,
      network: {
        ...node.network,
        ovsdb: `unix:${join(folder, databasePath(index))}`,
        controller: `unix:${join(folder, controllerPath(index))}`,
      },
    })),
  });
}

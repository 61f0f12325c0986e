/** Three simulated compute nodes in a folder that outlives every Iris; what stands is read from their files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { computeNodes, nodeCapacity, type SoakNodes, type StandingNodes } from './nodes.js';

/** What is being replaced or removed at this moment is not there. */
function readEntries<T>(folder: string): { key: string; value: T }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      try {
        const value = JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
        return [{ key: decodeURIComponent(name.slice(0, -'.json'.length)), value }];
      } catch {
        return [];
      }
    });
}

interface DomainEntry {
  request: { mark: { connectionId: string }; vm: { name: string } };
  state: string;
}

function readSimulatedNodes(folder: string): StandingNodes {
  const nodes = existsSync(folder) ? readdirSync(folder) : [];
  const each = <T>(kind: string, describe: (entry: { key: string; value: T }) => string): string[] =>
    nodes
      .flatMap((node) => readEntries<T>(join(folder, node, kind)).map((entry) => `${node} ${describe(entry)}`))
      .sort();
  return {
    domains: each<DomainEntry>('domains', ({ value: { request, state } }) =>
      [request.mark.connectionId, request.vm.name, state].join(' '),
    ),
    disks: each<{ connectionId: string; vmName: string }>(
      'disks',
      ({ value }) => `${value.connectionId} ${value.vmName}`,
    ),
    networks: each('network', ({ key }) => key),
  };
}

const toNode = (name: string, index: number): object => ({
  name,
  compute: { uri: `fake:///${name}`, ...nodeCapacity },
  network: {
    ovsdb: `fake:${name}`,
    controller: `fake:${name}`,
    datapathId: `${index + 1}`.padStart(16, '0'),
    underlay: `192.0.2.${index + 1}`,
  },
});

/** So that Iris is sometimes killed between two calls. */
const latencyMs = 40;

export const createSimulatedNodes = (folder: string): SoakNodes => ({
  siteFileOf: () => ({
    drivers: { compute: 'fake', network: 'fake' },
    simulation: { directory: folder, latencyMs },
    nodes: computeNodes.map(toNode),
    images: [{ name: 'small', kind: 'kernel', kernel: 'vmlinuz', initrd: 'initrd.img' }],
  }),
  look: async () => readSimulatedNodes(folder),
  close: async () => {},
});

/** What stands on the simulated nodes, read from their files: not by Iris's word. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StandingNodes {
  /** `NODE connection VM state`. */
  domains: string[];
  /** `NODE connection VM`. */
  disks: string[];
  /** `NODE connection`. */
  networks: string[];
}

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

export function readSimulatedNodes(folder: string): StandingNodes {
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

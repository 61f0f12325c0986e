/** What of Iris's is left on the machines and in the databases, by the tools of those who run them, not by Iris's word. */
import { takeForeignSnapshot } from '../foreign-snapshot.js';
import { virsh } from '../hypervisor.js';
import type { InterCloud } from '../inter-cloud.js';
import { type Machine, ofctl, vsctl } from '../machine.js';
import { query } from './databases.js';
import type { ServedSite } from './served-site.js';
import { irisBridge } from './site-files.js';

/** The namespace of the metadata in every domain of Iris's (docs/drivers.md). */
const domainMark = 'urn:iris:domain:1';

export interface Remains {
  kind: string;
  /** Who was asked, as a command. */
  asked: string;
  left: string[];
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export const emulatedNodes = (cloud: InterCloud) => Object.values(cloud.sites).flatMap(({ nodes }) => nodes);

async function domainsLeft(cloud: InterCloud): Promise<Remains[]> {
  const hypervisors = emulatedNodes(cloud).flatMap(({ hypervisor }) => hypervisor ?? []);
  return Promise.all(
    hypervisors.map(async (hypervisor) => {
      const names = lines((await virsh(hypervisor, 'list', '--all', '--name')).stdout);
      const definitions = await Promise.all(names.map((name) => virsh(hypervisor, 'dumpxml', name)));
      const left = names.filter((_, index) => definitions[index]!.stdout.includes(domainMark));
      return { kind: 'VMs', asked: `${hypervisor.machine.name}: virsh list --all`, left };
    }),
  );
}

/** Tunnels are ports, too. */
async function portsLeft(machine: Machine): Promise<Remains> {
  const { stdout } = await vsctl(machine, 'list-ports', irisBridge);
  return {
    kind: 'ports and tunnels',
    asked: `${machine.name}: ovs-vsctl list-ports ${irisBridge}`,
    left: lines(stdout),
  };
}

/** What ovs-ofctl lists beside its headings. */
const listings = [
  { kind: 'flows', command: 'dump-flows', args: ['--no-stats'], isEntry: (line: string) => line.includes('actions=') },
  { kind: 'groups', command: 'dump-groups', args: [], isEntry: (line: string) => line.startsWith('group_id=') },
  { kind: 'meters', command: 'dump-meters', args: [], isEntry: (line: string) => line.startsWith('meter=') },
] as const;

const switchStateLeft = (machine: Machine): Promise<Remains[]> =>
  Promise.all(
    listings.map(async ({ kind, command, args, isEntry }) => ({
      kind,
      asked: `${machine.name}: ovs-ofctl ${command} ${irisBridge}`,
      left: lines((await ofctl(machine, command, irisBridge, ...args)).stdout).filter(isEntry),
    })),
  );

/** Everything that a reservation may have set aside. */
const allocationTables = ['node_allocation', 'segment_allocation', 'external_port_allocation', 'mac_allocation'];

async function allocationsLeft({ name, databaseUrl }: ServedSite): Promise<Remains[]> {
  return Promise.all(
    allocationTables.map(async (table) => ({
      kind: 'allocations',
      asked: `${name}: SELECT * FROM ${table}`,
      left: (await query(databaseUrl, `SELECT * FROM ${table}`)).map((row) => JSON.stringify(row)),
    })),
  );
}

/** The kinds that every virtual infrastructure has; groups are the driver's choice. */
export const alwaysStanding = ['VMs', 'ports and tunnels', 'flows', 'meters', 'allocations'];

export async function takeRemains(cloud: InterCloud, sites: readonly ServedSite[]): Promise<Remains[]> {
  const machines = emulatedNodes(cloud).map(({ machine }) => machine);
  const parts = await Promise.all([
    domainsLeft(cloud),
    Promise.all(machines.map(portsLeft)),
    ...machines.map(switchStateLeft),
    ...sites.map(allocationsLeft),
  ]);
  return parts.flat();
}

/** By machine name. */
export async function takeForeignSnapshots(cloud: InterCloud): Promise<Record<string, string>> {
  const own = { bridge: irisBridge, domainMark };
  const entries = await Promise.all(
    emulatedNodes(cloud).map(async ({ machine, hypervisor }) => [
      machine.name,
      await takeForeignSnapshot(machine, hypervisor, own),
    ]),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

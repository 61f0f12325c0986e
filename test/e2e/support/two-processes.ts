/**
 * A site of two nodes with real switches and simulated VMs, served by two Iris processes on one database. What a hypervisor would plug in,
 * tests plug in themselves: stations in namespaces, so that nothing has to boot.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createRmsClient, type RmsClient } from '../../../src/client/rms-client.js';
import { findFreePort } from '../../../src/testbed/demo/served-site.js';
import { createIrisProcess, type IrisProcess } from '../../../src/testbed/soak/iris-process.js';
import type { WireReservation } from '../../../src/wire/rms/types.js';
import { createOvsWorld, type Machine, type OvsWorld, type Station } from '../../drivers/network/ovs-world.js';
import { untilSo } from './until-so.js';

export const nodeNames = ['n1', 'n2'] as const;
export const bridge = 'br-iris';
/** Long enough to stop a process in the middle of a build. */
const latencyMs = 150;

export interface Health {
  ok: boolean;
  processes: { process: string; leader?: string; leads: boolean; all: { name: string; alive: boolean }[] };
  switches: { node: string; connected: boolean; role?: string; master?: string; problems: string[] }[];
}

export interface ServingProcess extends IrisProcess {
  client: RmsClient;
  health(): Promise<Health | undefined>;
}

export interface TwoProcesses {
  world: OvsWorld;
  machines: Record<(typeof nodeNames)[number], Machine>;
  processes: [ServingProcess, ServingProcess];
  /** The log and the output of a process, from its first start on. */
  said(process: IrisProcess): { log: string; output: string };
  /** Where the simulated VMs stand. */
  simulation: string;
  /** The one that has the lease, and the other; waits until it is clear. */
  settled(): Promise<{ leader: ServingProcess; standby: ServingProcess }>;
  /** Of each node's switch, by its own database: connected controllers with their role, sorted. */
  rolesAtSwitches(): Promise<string[]>;
  plug(reservation: WireReservation): Promise<Station[]>;
  close(): Promise<void>;
}

const toNode = (machine: Machine, name: string, process: string, index: number): object => ({
  name,
  compute: { uri: `fake:///${name}`, cpus: 8, memoryMiB: 8192, diskGiB: 64 },
  network: {
    ovsdb: machine.ovsdb,
    controller: `unix:${machine.directory}/${process}.ctl`,
    datapathId: `${index + 1}`.padStart(16, '0'),
    underlay: `10.4.0.${index + 1}`,
    datapathType: 'netdev',
  },
});

/** `toEnvironment` has what is added to the environment of a process, by its name. */
export async function serveByTwo(
  databaseUrl: string,
  toEnvironment: (process: string) => NodeJS.ProcessEnv = () => ({}),
): Promise<TwoProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-test-two-'));
  const simulation = join(folder, 'nodes');
  const world = createOvsWorld();
  const processes: ServingProcess[] = [];

  async function close(): Promise<void> {
    for (const { client } of processes) client.close();
    await Promise.all(processes.map((process) => process.kill()));
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }

  async function addProcess(name: string, machines: Record<string, Machine>): Promise<void> {
    const port = await findFreePort();
    const state = join(folder, name);
    mkdirSync(state);
    const site = {
      site: 'roles',
      process: name,
      database: databaseUrl,
      stateDirectory: state,
      listen: { soap: `127.0.0.1:${port}` },
      drivers: { compute: 'fake', network: 'ovs' },
      simulation: { directory: simulation, latencyMs },
      bridge,
      nodes: nodeNames.map((node, index) => toNode(machines[node]!, node, name, index)),
      images: [{ name: 'small', kind: 'kernel', kernel: 'vmlinuz', initrd: 'initrd.img' }],
      tenants: [{ name: 'acme' }],
      users: [{ name: 'acme', password: 'acme-secret', tenant: 'acme' }],
    };
    const siteFile = join(folder, `${name}.yaml`);
    writeFileSync(siteFile, stringify(site));
    const process = createIrisProcess(folder, name, port, siteFile, toEnvironment(name));
    processes.push({
      ...process,
      client: createRmsClient({ url: process.url, user: 'acme', password: 'acme-secret' }),
      health: () =>
        fetch(process.url.replace(/rms$/, 'health'), { signal: AbortSignal.timeout(2_000) }).then(
          async (answer) => (await answer.json()) as Health,
          () => undefined,
        ),
    });
  }

  try {
    const [n1, n2] = await Promise.all(nodeNames.map((name) => world.addMachine(name)));
    const machines = { n1: n1!, n2: n2! };
    const lan = await world.addLan('lan');
    for (const [index, name] of nodeNames.entries())
      await world.addUnderlay(machines[name], lan, 'br-phy', `10.4.0.${index + 1}/24`, 1);
    for (const name of ['one', 'two']) await addProcess(name, machines);
    const [one, two] = processes as [ServingProcess, ServingProcess];
    for (const process of processes) process.start();
    await Promise.all(processes.map((process) => process.ready()));

    let stations = 0;
    return {
      world,
      machines,
      processes: [one, two],
      simulation,
      said: ({ name }) => ({
        log: readFileSync(join(folder, `${name}.log`), 'utf8'),
        output: readFileSync(join(folder, `${name}.out`), 'utf8'),
      }),
      settled: () =>
        untilSo('one process to lead, and the other to know', async () => {
          const [first, second] = [await one.health(), await two.health()];
          const leader = first?.processes.leads ? one : two;
          const standby = leader === one ? two : one;
          const [leading, standing] = leader === one ? [first, second] : [second, first];
          const agreed = leading?.processes.leads && standing?.processes.leader === leader.name;
          const isWell = leading?.ok && standing?.ok && !standing.processes.leads;
          return agreed && isWell && { leader, standby };
        }),
      async rolesAtSwitches() {
        const roles = await Promise.all(
          nodeNames.map(async (name) => {
            const list = ['--format=csv', '--no-headings', '--columns=target,is_connected,role', 'list', 'Controller'];
            const rows = (await world.vsctl(machines[name], ...list)).replaceAll('"', '').trim().split('\n');
            return rows
              .filter((row) => row.includes(machines[name].directory))
              .map((row) => row.replace(/^.*\/(\w+)\.ctl,(true|false),/, `${name} $1 $2 `))
              .map((row) => row.replace(/ true (.*)/, ' $1').replace(/ false .*/, ' away'));
          }),
        );
        return roles.flat().sort();
      },
      async plug(reservation) {
        const { vms } = (reservation.committed ?? reservation.held)!;
        return Promise.all(
          vms.map(async ({ node, nics: [nic] }) => {
            const machine = machines[node as (typeof nodeNames)[number]];
            stations += 1;
            const { mac, ip, port } = nic!;
            const station = await world.addStation(machine, port, { name: `s${stations}`, mac, ip: ip! });
            // Iris itself puts it there where no hypervisor has, once the device exists.
            await world.vsctl(machine, '--may-exist', 'add-port', bridge, port);
            return station;
          }),
        );
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

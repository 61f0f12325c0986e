/** A physical machine of the emulated inter-cloud: a network namespace with its own Open vSwitch on the userspace datapath. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../lib/run-command.js';
import { addNamespace, insideNamespace, ipIn, type LinkEnd, type Namespace, runInside } from './network-namespace.js';
import { type Run, runPath } from './run-directory.js';
import { startDaemon, waitForDaemon } from './run-processes.js';

export interface Machine {
  run: Run;
  name: string;
  namespace: Namespace;
  directory: string;
  /** OVS_RUNDIR of this machine's switch: its sockets, and where it accepts a `unix:` controller. */
  switchDirectory: string;
  /** OVSDB, as ovs-vsctl and site files name it. */
  ovsdb: string;
}

const switchEnvironment = (directory: string): NodeJS.ProcessEnv => ({
  OVS_RUNDIR: directory,
  OVS_LOGDIR: directory,
  OVS_DBDIR: directory,
  OVS_SYSCONFDIR: directory,
});

const schemaFile = '/usr/share/openvswitch/vswitch.ovsschema';

export async function startMachine(run: Run, name: string): Promise<Machine> {
  const namespace = await addNamespace(run, name);
  const directory = runPath(run, name);
  const switchDirectory = join(directory, 'ovs');
  mkdirSync(switchDirectory, { recursive: true });
  const machine = { run, name, namespace, directory, switchDirectory, ovsdb: `unix:${switchDirectory}/db.sock` };
  await startDatabase(machine);
  await vsctl(machine, '--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', `external_ids:system-id=${name}`);
  await startSwitch(machine);
  return machine;
}

/** What `ovs-vsctl set-manager` and `set-ssl` say, as the distribution's start script has it. */
const fromDatabase = [
  '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
  '--private-key=db:Open_vSwitch,SSL,private_key',
  '--certificate=db:Open_vSwitch,SSL,certificate',
  '--ca-cert=db:Open_vSwitch,SSL,ca_cert',
];

/** Starts ovsdb-server; a second time after it was killed, with what its file has. */
export async function startDatabase(machine: Machine): Promise<void> {
  const { switchDirectory: directory } = machine;
  const database = join(directory, 'conf.db');
  // One that was killed has left its socket, which would look as if it served.
  rmSync(join(directory, 'db.sock'), { force: true });
  if (!existsSync(database)) await runCommand('ovsdb-tool', ['create', database, schemaFile]);
  const daemon = startDaemon(machine.run, {
    what: `${machine.name}-ovsdb-server`,
    program: 'ip',
    args: insideNamespace(
      machine.namespace,
      'ovsdb-server',
      database,
      `--remote=punix:${directory}/db.sock`,
      ...fromDatabase,
      `--unixctl=${directory}/ovsdb-server.ctl`,
      `--pidfile=${directory}/ovsdb-server.pid`,
      '--no-chdir',
      '-vconsole:warn',
    ),
    env: switchEnvironment(directory),
  });
  await waitForDaemon(daemon, () => existsSync(join(directory, 'db.sock')));
}

/** Starts ovs-vswitchd; a second time after it was stopped, as when a machine's switch restarts. */
export async function startSwitch(machine: Machine): Promise<void> {
  const { switchDirectory: directory } = machine;
  const daemon = startDaemon(machine.run, {
    what: `${machine.name}-ovs-vswitchd`,
    program: 'ip',
    args: insideNamespace(
      machine.namespace,
      'ovs-vswitchd',
      machine.ovsdb,
      `--unixctl=${directory}/ovs-vswitchd.ctl`,
      `--pidfile=${directory}/ovs-vswitchd.pid`,
      '--no-chdir',
      '-vconsole:warn',
    ),
    env: switchEnvironment(directory),
  });
  await waitForDaemon(daemon, () => existsSync(join(directory, 'ovs-vswitchd.ctl')));
  // Without --no-wait, answered only once ovs-vswitchd has taken the configuration up.
  await vsctl(machine, 'set', 'Open_vSwitch', '.', `external_ids:hostname=${machine.name}`);
}

/** ovs-vsctl on this machine's database. */
export const vsctl = (machine: Machine, ...args: string[]): Promise<CommandResult> =>
  runCommand('ovs-vsctl', ['--timeout=60', `--db=${machine.ovsdb}`, ...args]);

/** ovs-ofctl on one of this machine's bridges. */
export const ofctl = (machine: Machine, command: string, bridge: string, ...args: string[]): Promise<CommandResult> =>
  runCommand('ovs-ofctl', [
    '--protocols=OpenFlow13',
    '--timeout=60',
    command,
    `unix:${machine.switchDirectory}/${bridge}.mgmt`,
    ...args,
  ]);

export interface UnderlayOptions {
  bridge: string;
  /** The NIC that carries the underlay; in the machine's namespace already. */
  interface: string;
  /** With prefix length: `10.1.0.1/24`. */
  address: string;
  mac: string;
  mtu?: number;
}

/** Where tunnels start and end: the userspace datapath finds its way only through a bridge that holds the address. */
export async function addUnderlay(machine: Machine, options: UnderlayOptions): Promise<void> {
  const { bridge } = options;
  await vsctl(
    machine,
    ...['add-br', bridge],
    ...['--', 'set', 'Bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone'],
    `other-config:hwaddr="${options.mac}"`,
    ...['--', 'add-port', bridge, options.interface],
  );
  await ipIn(machine.namespace, 'address', 'add', options.address, 'dev', bridge);
  await ipIn(machine.namespace, 'link', 'set', bridge, 'mtu', String(options.mtu ?? 1500), 'up');
}

/** What docs/operating.md asks of nodes with the userspace datapath, under /proc/sys/net/. */
const closedPorts = {
  // Of `all` and a device's own the kernel takes the larger: 2 would make strict ones loose.
  'ipv4/conf/all/rp_filter': 0,
  'ipv4/conf/default/rp_filter': 1,
  'ipv4/conf/default/arp_ignore': 1,
  'ipv6/conf/default/disable_ipv6': 1,
} as const;

/**
 * From now on the machine's kernel takes nothing from the ports that come: with the userspace datapath every frame that a VM or a LAN sends is
 * handed to it as well.
 */
export async function closeKernelToPorts({ namespace }: Machine): Promise<void> {
  const script = Object.entries(closedPorts).map(([path, value]) => `echo ${value} >/proc/sys/net/${path}`);
  await runInside(namespace, ['sh', '-c', script.join(' && ')]);
}

export const linkEnd = (machine: Machine, name: string): LinkEnd => ({ namespace: machine.namespace, interface: name });

/**
 * Machines for tests that need a real switch: namespaces, each with an ovsdb-server and an ovs-vswitchd of its own (userspace
 * datapath), joined by LANs; and veth ends that play VMs. Everything is gone after `close`, also after a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, runCommand } from '../../../src/lib/run-command.js';
import { withoutOffloads } from '../../../src/testbed/network-namespace.js';

export interface Machine {
  name: string;
  namespace: string;
  directory: string;
  ovsdb: string;
}

export interface Station {
  namespace: string;
  ip: string;
}

export interface StationOptions {
  name: string;
  mac: string;
  ip: string;
  vlan?: { id: number; ip: string };
}

/** A machine that others use as well may be slow: only what never comes is a failure. */
const deadlineMs = 60_000;

export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = deadlineMs,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what} did not come within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

export function createOvsWorld() {
  const directory = mkdtempSync('/tmp/iris-net-');
  const prefix = `irn${process.pid}${directory.slice(-3)}`;
  const namespaces: string[] = [];
  const machines: Machine[] = [];
  const listeners = new Set<ChildProcess>();

  const ip = (...args: string[]) => runCommand('ip', args);

  async function addNamespace(name: string): Promise<string> {
    const namespace = `${prefix}-${name}`;
    await ip('netns', 'add', namespace);
    namespaces.push(namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  }

  const environment = (machine: Machine): NodeJS.ProcessEnv => ({
    ...process.env,
    OVS_RUNDIR: machine.directory,
    OVS_LOGDIR: machine.directory,
    OVS_DBDIR: machine.directory,
    OVS_SYSCONFDIR: machine.directory,
  });

  const daemon = (machine: Machine, program: string, ...args: string[]) =>
    runCommand(
      'ip',
      [
        ...['netns', 'exec', machine.namespace, program, ...args],
        ...[`--unixctl=${machine.directory}/${program}.ctl`, `--pidfile=${machine.directory}/${program}.pid`],
        ...[`--log-file=${machine.directory}/${program}.log`, '--detach', '--no-chdir', '-vconsole:off'],
      ],
      { env: environment(machine) },
    );

  /** Of `ovs-vsctl set-manager` and `set-ssl`, as the distribution's start script has it. */
  const fromDatabase = [
    '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
    ...['private-key', 'certificate', 'ca-cert'].map(
      (option) => `--${option}=db:Open_vSwitch,SSL,${option.replace('-', '_')}`,
    ),
  ];
  const startDatabase = (machine: Machine) =>
    daemon(
      machine,
      'ovsdb-server',
      ...[`${machine.directory}/conf.db`, `--remote=punix:${machine.directory}/db.sock`, ...fromDatabase],
    );
  const startSwitch = (machine: Machine) => daemon(machine, 'ovs-vswitchd', machine.ovsdb);

  async function stopDaemon(machine: Machine, program: string): Promise<void> {
    const file = join(machine.directory, `${program}.pid`);
    if (!existsSync(file)) return;
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 'SIGTERM');
    await until(`end of ${program}`, () => (existsSync(`/proc/${pid}`) ? undefined : true));
  }

  /** One that does not end by itself is made to. */
  const endDaemon = (machine: Machine, program: string): Promise<void> =>
    stopDaemon(machine, program).catch(() => {
      const file = join(machine.directory, `${program}.pid`);
      if (existsSync(file)) process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
    });

  const vsctl = async (machine: Machine, ...args: string[]): Promise<string> =>
    (await runCommand('ovs-vsctl', ['--timeout=60', `--db=${machine.ovsdb}`, ...args])).stdout;

  async function ping(from: Station, to: string): Promise<boolean> {
    const command = ['ping', '-n', '-c', '2', '-i', '0.1', '-W', '1', to];
    try {
      await ip('netns', 'exec', from.namespace, ...command);
      return true;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === 1) return false;
      throw error;
    }
  }

  return {
    vsctl,
    startSwitch,
    stopSwitch: (machine: Machine) => stopDaemon(machine, 'ovs-vswitchd'),
    startDatabase,
    stopDatabase: (machine: Machine) => stopDaemon(machine, 'ovsdb-server'),

    async addMachine(name: string): Promise<Machine> {
      const namespace = await addNamespace(name);
      const own = join(directory, name);
      await mkdir(own);
      const machine = { name, namespace, directory: own, ovsdb: `unix:${own}/db.sock` };
      machines.push(machine);
      await runCommand('ovsdb-tool', ['create', `${own}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema']);
      await startDatabase(machine);
      await vsctl(machine, '--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', `external_ids:system-id=${name}`);
      await startSwitch(machine);
      return machine;
    },

    async addLan(name: string): Promise<string> {
      const namespace = await addNamespace(name);
      await ip('-n', namespace, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
      await ip('-n', namespace, 'link', 'set', 'br0', 'up');
      return namespace;
    },

    /** A NIC on a LAN in a bridge that holds the address: what the userspace datapath sends tunnels by. */
    async addUnderlay(machine: Machine, lan: string, bridge: string, address: string, number: number): Promise<void> {
      const nic = `u${number}`;
      await ip(
        '-n',
        machine.namespace,
        'link',
        'add',
        nic,
        'type',
        'veth',
        'peer',
        'name',
        nic + machine.name,
        'netns',
        lan,
      );
      await ip('-n', machine.namespace, 'link', 'set', nic, 'up');
      await ip('-n', lan, 'link', 'set', nic + machine.name, 'master', 'br0', 'up');
      const hwaddr = `02:00:00:00:${number.toString(16).padStart(2, '0')}:${(machines.indexOf(machine) + 1).toString(16).padStart(2, '0')}`;
      await vsctl(
        machine,
        ...['add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone'],
        ...[`other-config:hwaddr="${hwaddr}"`, '--', 'add-port', bridge, nic],
      );
      await ip('-n', machine.namespace, 'address', 'add', address, 'dev', bridge);
      await ip('-n', machine.namespace, 'link', 'set', bridge, 'up');
    },

    /**
     * A machine with an untagged and perhaps a tagged address behind a port. Tags are put on by a switch of the station's own,
     * since not every kernel has VLAN devices; it stands on the machine for want of a better place.
     */
    async addStation(machine: Machine, port: string, station: StationOptions): Promise<Station> {
      const { name, vlan } = station;
      const namespace = await addNamespace(name);
      const bridge = `br-${name}`;
      const outer = `${name}x`;
      await vsctl(
        machine,
        ...['add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone'],
      );
      await ip('-n', machine.namespace, 'link', 'add', port, 'type', 'veth', 'peer', 'name', outer);
      // A hypervisor's tap says nothing of its own: with an IPv6 address it would be one machine more behind the port.
      const raise = (end: string) => ip('-n', machine.namespace, 'link', 'set', end, 'addrgenmode', 'none', 'up');
      for (const end of [port, outer]) await raise(end);
      await vsctl(machine, 'add-port', bridge, outer);
      const nics = [{ nic: 'eth0', ip: station.ip, tag: 0 }];
      if (vlan !== undefined) nics.push({ nic: 'eth1', ip: vlan.ip, tag: vlan.id });
      for (const { nic, ip: address, tag } of nics) {
        const inner = `${name}-${tag}`;
        await ip(
          '-n',
          namespace,
          'link',
          'add',
          nic,
          'type',
          'veth',
          'peer',
          'name',
          inner,
          'netns',
          machine.namespace,
        );
        await withoutOffloads(namespace, nic);
        await ip('-n', namespace, 'link', 'set', nic, 'address', station.mac, 'mtu', '1400', 'up');
        await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', nic);
        await raise(inner);
        await vsctl(machine, 'add-port', bridge, inner, ...(tag === 0 ? [] : [`tag=${tag}`]));
      }
      return { namespace, ip: station.ip };
    },

    /** What a hypervisor does with a VM's tap, once the bridge is there. */
    async plug(machine: Machine, ...ports: string[]): Promise<void> {
      const isThere = () =>
        vsctl(machine, 'br-exists', 'br-iris').then(
          () => true,
          () => undefined,
        );
      await until('br-iris', isThere);
      await vsctl(machine, ...ports.flatMap((port) => ['--', 'add-port', 'br-iris', port]));
    },
    unplug: (machine: Machine, port: string) => vsctl(machine, '--', '--if-exists', 'del-port', 'br-iris', port),

    ping,

    /** Open vSwitch drops what goes through a tunnel until it has resolved the tunnel's other end by ARP: asked until there is an answer. */
    reaches: (from: Station, to: string): Promise<boolean> =>
      until(`an answer from ${to}`, async () => (await ping(from, to)) || undefined),

    runIn: async (station: Station, ...command: string[]): Promise<string> =>
      (await ip('netns', 'exec', station.namespace, ...command)).stdout,

    /** What a station hears from now on, a line of tcpdump for each frame; `stop` ends it. */
    async listen(station: Station, filter: string, nic = 'eth0'): Promise<{ stop(): Promise<string[]> }> {
      const command = ['tcpdump', '-Z', 'root', '-i', nic, '-n', '-e', '-t', '-l', '--immediate-mode', filter];
      const child = spawn('ip', ['netns', 'exec', station.namespace, ...command]);
      listeners.add(child);
      let said = '';
      let heard = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      child.stdout.on('data', (chunk) => {
        heard += chunk;
      });
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      await until('tcpdump', () => said.includes('listening on') || undefined);
      return {
        async stop() {
          child.kill('SIGINT');
          await ended;
          listeners.delete(child);
          return heard.split('\n').filter((line) => line !== '');
        },
      };
    },

    async dumpFlows(machine: Machine, bridge = 'br-iris', ...options: string[]): Promise<string[]> {
      const target = `unix:${machine.directory}/${bridge}.mgmt`;
      const { stdout } = await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', ...options, 'dump-flows', target]);
      return stdout
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('cookie='));
    },

    async dumpMeters(machine: Machine): Promise<string[]> {
      const target = `unix:${machine.directory}/br-iris.mgmt`;
      const { stdout } = await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-meters', target]);
      return stdout.split('\n').filter((line) => line.startsWith('meter='));
    },

    /** `ovs-ofctl COMMAND` on our bridge. */
    ofctl: (machine: Machine, command: string, ...args: string[]) =>
      runCommand('ovs-ofctl', [...['-O', 'OpenFlow13', command, `unix:${machine.directory}/br-iris.mgmt`], ...args]),

    /** What the switch would do with such a frame. */
    trace: async (machine: Machine, frame: string): Promise<string> =>
      (
        await runCommand('ovs-appctl', [
          ...['-t', `${machine.directory}/ovs-vswitchd.ctl`, 'ofproto/trace', 'br-iris', frame],
        ])
      ).stdout,

    async close(): Promise<void> {
      for (const listener of listeners) listener.kill('SIGKILL');
      for (const machine of machines)
        for (const program of ['ovs-vswitchd', 'ovsdb-server']) await endDaemon(machine, program).catch(() => {});
      for (const namespace of namespaces) await ip('netns', 'delete', namespace).catch(() => {});
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

export type OvsWorld = ReturnType<typeof createOvsWorld>;

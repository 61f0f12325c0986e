/**
 * A real ovs-vswitchd of a test's own: its own database and run directory, a network namespace without a name that ends
 * with it, and dummy ports, into which frames are put by hand. Nothing of the machine's own Open vSwitch is touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/lib/run-command.js';
import { until } from './until.js';

export interface OvsSandbox {
  readonly directory: string;
  /** Where a controller can listen for this switch. */
  readonly controllerPath: string;
  vsctl(...args: string[]): Promise<string>;
  ofctl(command: string, ...args: string[]): Promise<string>;
  appctl(...args: string[]): Promise<string>;
  /** A frame arrives at a port. */
  receive(port: string, frame: Buffer): Promise<void>;
  /** What the switch wrote out of a port, as the bytes of a capture file. */
  sentBy(port: string): Promise<Buffer>;
  restartSwitch(): Promise<void>;
  stop(): Promise<void>;
}

const bridge = 'br-test';
export const sandboxDatapathId = '00000000000000a7';

export async function startOvs(): Promise<OvsSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'iris-ofs-'));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const path = (name: string) => join(directory, name);
  const run = async (program: string, ...args: string[]) => (await runCommand(program, args, { env })).stdout;
  const children: ChildProcess[] = [];

  function launch(program: string, ...args: string[]): ChildProcess {
    const child = spawn(program, args, { env, stdio: 'ignore' });
    children.push(child);
    return child;
  }

  function launchSwitch(): ChildProcess {
    // unshare execs the switch, so that the child's pid is the switch's own
    return launch(
      'unshare',
      '--net',
      'ovs-vswitchd',
      `unix:${path('db.sock')}`,
      '--enable-dummy',
      `--unixctl=${path('vswitchd.ctl')}`,
      `--log-file=${path('vswitchd.log')}`,
      '-vconsole:off',
    );
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async function stop(): Promise<void> {
    await Promise.all(children.map(end));
    await rm(directory, { recursive: true, force: true });
  }

  try {
    await run('ovsdb-tool', 'create', path('conf.db'), '/usr/share/openvswitch/vswitch.ovsschema');
    launch(
      'ovsdb-server',
      path('conf.db'),
      `--remote=punix:${path('db.sock')}`,
      `--unixctl=${path('ovsdb.ctl')}`,
      `--log-file=${path('ovsdb.log')}`,
      '-vconsole:off',
    );
    await until(() => existsSync(path('db.sock')), 'the database listens');
    const sandbox = sandboxOf();
    await sandbox.vsctl('--no-wait', 'init');
    let vswitchd = launchSwitch();
    await sandbox.vsctl(
      ...['--', 'add-br', bridge],
      ...['--', 'set', 'bridge', bridge, 'datapath_type=dummy', 'fail_mode=secure', 'protocols=OpenFlow13'],
      `other-config:datapath-id=${sandboxDatapathId}`,
      ...['--', 'add-port', bridge, 'p1'],
      ...['--', 'set', 'interface', 'p1', 'type=dummy', 'ofport_request=1', `options:tx_pcap=${path('p1.pcap')}`],
      ...['--', 'add-port', bridge, 'p2'],
      ...['--', 'set', 'interface', 'p2', 'type=dummy', 'ofport_request=2', `options:tx_pcap=${path('p2.pcap')}`],
      ...['--', 'set-controller', bridge, `unix:${path('iris.ctl')}`],
      ...['--', 'set', 'controller', bridge, 'connection_mode=out-of-band', 'max_backoff=1000'],
    );
    return sandbox;

    function sandboxOf(): OvsSandbox {
      return {
        directory,
        controllerPath: path('iris.ctl'),
        vsctl: (...args) => run('ovs-vsctl', '-t', '60', `--db=unix:${path('db.sock')}`, ...args),
        ofctl: (command, ...args) =>
          run('ovs-ofctl', '-O', 'OpenFlow13', command, `unix:${path(`${bridge}.mgmt`)}`, ...args),
        appctl: (...args) => run('ovs-appctl', '-t', path('vswitchd.ctl'), ...args),
        async receive(port, frame) {
          await run('ovs-appctl', '-t', path('vswitchd.ctl'), 'netdev-dummy/receive', port, frame.toString('hex'));
        },
        sentBy: (port) => readFile(path(`${port}.pcap`)).catch(() => Buffer.alloc(0)),
        async restartSwitch() {
          await end(vswitchd);
          vswitchd = launchSwitch();
        },
        stop,
      };
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

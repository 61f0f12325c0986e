/**
 * A machine for a test: namespaces of its own for processes, network, mounts and host name, with an Open vSwitch and a libvirtd
 * in them. Its first process is a shell that listens to us; when that goes, the kernel takes the rest with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export interface PrivateNode {
  /** On the outside; the same path inside. */
  folder: string;
  uri: string;
  bridge: string;
  /** Runs a line of shell inside; what it printed. Throws if it fails. */
  run(line: string): Promise<string>;
  stopLibvirt(): Promise<void>;
  startLibvirt(): Promise<void>;
  /** libvirtd is there, and says nothing. */
  freezeLibvirt(): Promise<void>;
  thawLibvirt(): Promise<void>;
  dispose(): Promise<void>;
}

const bridge = 'br-iris';

const libvirtdConf = (): string => `auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_dir = "/run/libvirt"
host_uuid = "${randomUUID()}"
`;

const qemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

const bound = { etc: '/etc/libvirt', run: '/run/libvirt', lib: '/var/lib/libvirt', log: '/var/log/libvirt' };

const pidOfLibvirtd = '$(cat /run/libvirt/libvirtd.pid)';
const startLine = 'libvirtd --daemon --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid';
const stopLine = `pid=${pidOfLibvirtd}; kill $pid; while [ -e /proc/$pid ]; do sleep 0.05; done`;

function setUpLines(folder: string): string[] {
  const ovs = `${folder}/ovs`;
  return [
    'ip link set lo up',
    'mount -t tmpfs tmpfs /run && mkdir /run/libvirt /run/openvswitch',
    ...Object.entries(bound).map(([name, path]) => `mount --bind ${folder}/${name} ${path}`),
    'mkdir -p /var/cache/libvirt && mount -t tmpfs tmpfs /var/cache/libvirt',
    `mount --bind ${ovs} /run/openvswitch`,
    `export OVS_RUNDIR=${ovs} OVS_LOGDIR=${ovs} OVS_DBDIR=${ovs}`,
    `ovsdb-tool create ${ovs}/conf.db /usr/share/openvswitch/vswitch.ovsschema`,
    `ovsdb-server ${ovs}/conf.db --remote=punix:${ovs}/db.sock --detach --no-chdir --pidfile --log-file`,
    'ovs-vsctl --no-wait init',
    'ovs-vswitchd --detach --no-chdir --pidfile --log-file',
    `ovs-vsctl add-br ${bridge} -- set bridge ${bridge} datapath_type=netdev fail_mode=secure`,
    startLine,
  ];
}

/** bash, since the first process of a PID namespace must reap what others leave, and it does. */
const spawnShell = (): ChildProcess =>
  spawn(
    'unshare',
    ['--net', '--uts', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '--norc', '-s'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );

function createRunner(shell: ChildProcess): (line: string) => Promise<string> {
  const lines: Interface = createInterface({ input: shell.stdout! });
  let previous: Promise<unknown> = Promise.resolve();
  const runNow = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const end = randomUUID();
      const printed: string[] = [];
      const onLine = (text: string): void => {
        if (!text.startsWith(end)) {
          printed.push(text);
          return;
        }
        finish();
        const code = text.slice(end.length + 1);
        if (code === '0') resolve(printed.join('\n').trim());
        else reject(new Error(`${line}: ended with code ${code}: ${printed.join('\n')}`));
      };
      const onClose = (): void => {
        finish();
        reject(new Error(`${line}: the node's shell is gone`));
      };
      const finish = (): void => {
        lines.off('line', onLine).off('close', onClose);
      };
      lines.on('line', onLine).on('close', onClose);
      shell.stdin!.write(`{ ${line}\n} 2>&1 </dev/null\nprintf '\\n%s %s\\n' ${end} $?\n`);
    });
  return (line) => {
    const current = previous.then(() => runNow(line));
    previous = current.catch(() => {});
    return current;
  };
}

export async function createPrivateNode(): Promise<PrivateNode> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-node-'));
  const shell = spawnShell();
  const gone = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  const run = createRunner(shell);
  const dispose = async (): Promise<void> => {
    shell.stdin!.end();
    shell.kill('SIGKILL');
    await gone;
    // The kernel ends what is inside after the shell, and until then that may still write.
    await rm(folder, { recursive: true, force: true, maxRetries: 30 });
  };
  try {
    await cp('/etc/libvirt', join(folder, 'etc'), { recursive: true });
    await rm(join(folder, 'etc/qemu/networks/autostart'), { recursive: true, force: true });
    for (const name of ['run', 'lib', 'log', 'ovs']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'etc/libvirtd.conf'), libvirtdConf());
    await writeFile(join(folder, 'etc/qemu.conf'), qemuConf);
    for (const line of setUpLines(folder)) await run(line);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    folder,
    uri: `qemu+unix:///system?socket=${folder}/run/libvirt-sock`,
    bridge,
    run,
    stopLibvirt: async () => void (await run(stopLine)),
    startLibvirt: async () => void (await run(startLine)),
    freezeLibvirt: async () => void (await run(`kill -STOP ${pidOfLibvirtd}`)),
    thawLibvirt: async () => void (await run(`kill -CONT ${pidOfLibvirtd}`)),
    dispose,
  };
}

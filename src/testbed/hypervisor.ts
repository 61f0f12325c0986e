/**
 * A libvirtd of its own for a machine. Its paths are compiled in, so it sees private folders mounted over them; it runs
 * without systemd, D-Bus and virtlogd, and knows nothing of the libvirt that the computer may have.
 */
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '../lib/run-command.js';
import { cacheDirectory, publishFolder } from './cache.js';
import type { Machine } from './machine.js';
import { insideNamespace } from './network-namespace.js';
import { startDaemon, waitForDaemon } from './run-processes.js';

export interface Hypervisor {
  machine: Machine;
  /** libvirt connection URI, from anywhere on this computer. */
  uri: string;
  /** For disks; the same path inside and outside. */
  diskDirectory: string;
}

/** Folder of ours → where libvirtd looks. */
const mounts = {
  etc: '/etc/libvirt',
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  log: '/var/log/libvirt',
  cache: '/var/cache/libvirt',
} as const;

const daemonConfig = (): string => `listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_dir = "/run/libvirt"
host_uuid = "${randomUUID()}"
log_outputs = "2:stderr"
`;

// The VMs are ours and die with us: no cgroups, no security driver, no mount namespace per VM.
const qemuConfig = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

function prepareFolders(machine: Machine): string {
  const directory = join(machine.directory, 'libvirt');
  for (const folder of Object.keys(mounts)) mkdirSync(join(directory, folder), { recursive: true });
  cpSync('/etc/libvirt', join(directory, 'etc'), { recursive: true });
  for (const autostart of ['qemu/networks/autostart', 'qemu/autostart'])
    rmSync(join(directory, 'etc', autostart), { recursive: true, force: true });
  writeFileSync(join(directory, 'etc/libvirtd.conf'), daemonConfig());
  writeFileSync(join(directory, 'etc/qemu.conf'), qemuConfig);
  if (existsSync(capabilitiesCache))
    cpSync(capabilitiesCache, join(directory, capabilitiesFolder), { recursive: true });
  return directory;
}

// libvirtd tries every QEMU binary at its first start, which takes seconds. It checks by itself whether what an earlier run
// found still holds (versions, times, kernel), so its findings may be handed on.
const capabilitiesFolder = 'cache/qemu/capabilities';
const capabilitiesCache = join(cacheDirectory, 'libvirt-capabilities');

async function rememberCapabilities(machine: Machine): Promise<void> {
  const found = join(machine.directory, 'libvirt', capabilitiesFolder);
  if (!existsSync(capabilitiesCache) && existsSync(found))
    // What libvirtd is writing at this moment may vanish under the copy: then the next run tries.
    await publishFolder(capabilitiesCache, (to) => cpSync(found, to, { recursive: true })).catch(() => {});
}

export async function startHypervisor(machine: Machine): Promise<Hypervisor> {
  const directory = prepareFolders(machine);
  const diskDirectory = join(machine.directory, 'disks');
  mkdirSync(diskDirectory, { recursive: true });
  const hypervisor = {
    machine,
    uri: `qemu+unix:///system?socket=${directory}/run/libvirt-sock`,
    diskDirectory,
  };
  await startLibvirtd(hypervisor);
  await rememberCapabilities(machine);
  return hypervisor;
}

/** Starts libvirtd; a second time after it was stopped: running VMs are found again. */
export async function startLibvirtd({ machine, uri }: Hypervisor): Promise<void> {
  const directory = join(machine.directory, 'libvirt');
  // An empty /run of its own: nothing is made in the computer's, and no D-Bus, systemd or switch of its is found there.
  const script = [
    `hostname ${machine.name}`,
    'mount -t tmpfs tmpfs /run',
    'mkdir /run/openvswitch /run/libvirt',
    `mount --bind ${machine.switchDirectory} /run/openvswitch`,
    ...Object.entries(mounts).map(([folder, path]) => `mount --bind ${join(directory, folder)} ${path}`),
    'exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid',
  ].join(' && ');
  const daemon = startDaemon(machine.run, {
    what: `${machine.name}-libvirtd`,
    program: 'ip',
    args: insideNamespace(machine.namespace, 'unshare', '--uts', '--mount', 'sh', '-c', script),
  });
  await waitForDaemon(daemon, async () => existsSync(join(directory, 'run/libvirt-sock')) && (await answers(uri)));
}

const answers = (uri: string): Promise<boolean> =>
  runCommand('virsh', ['--connect', uri, 'version'], { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );

export const virsh = (hypervisor: Hypervisor, ...args: string[]): Promise<CommandResult> =>
  runCommand('virsh', ['--quiet', '--connect', hypervisor.uri, ...args]);

// The Debian packages that the emulated inter-cloud and the tests on real parts need, and why. Installs what is missing,
// after saying so; starts no service: the machine's own Open vSwitch and libvirt, if it has them, are left as they are.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const testbedPackages = [
  ['iproute2', 'network namespaces: every machine of the testbed is one'],
  ['iputils-ping', 'ping, with the timing options that busybox lacks'],
  ['ethtool', 'switches checksum offloads of emulated network cards off'],
  ['tcpdump', 'captures that prove who received what'],
  ['openvswitch-switch', 'Open vSwitch: the switch of every node and gateway'],
  ['qemu-system-x86', 'QEMU: runs the level-1 VMs'],
  ['qemu-utils', 'qemu-img: disks of the VMs'],
  ['libvirt-daemon-system', 'libvirtd: what Iris asks for VMs'],
  ['libvirt-daemon-driver-qemu', "libvirt's driver for QEMU"],
  ['libvirt-clients', 'virsh: how Iris speaks to libvirt'],
  ['genisoimage', 'NoCloud seeds: what a VM is told at its first boot'],
  ['vde-switch', 'the WAN between the sites where the kernel has no netem: its two ends'],
  ['vde-wirefilter', 'the same: its latency and bandwidth'],
  ['busybox-static', 'the user land of the small guest'],
  ['openssl', 'certificates for the tests of TLS'],
];

/** For the checks of .ci/run that are no tests. */
export const checkPackages = [['docker-compose', 'checks docker-compose.yml; no Docker engine is needed']];

function isInstalled(name) {
  const query = spawnSync('dpkg-query', ['-W', '-f', `\${db:Status-Status}`, name], { encoding: 'utf8' });
  return query.status === 0 && query.stdout === 'installed';
}

const missingOf = (packages) => packages.filter(([name]) => !isInstalled(name));

const policyFile = '/usr/sbin/policy-rc.d';

/** invoke-rc.d asks this file before it starts anything; 101 is "forbidden by policy" (its manual page). */
function withoutStartingServices(work) {
  const ours = !existsSync(policyFile);
  if (ours) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(policyFile);
  }
}

function apt(...args) {
  const result = spawnSync('apt-get', ['-q', '-y', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status !== 0) throw new Error(`apt-get ${args[0]} failed:\n${result.stdout}${result.stderr}`);
}

/** Returns how many packages were installed. `say` gets one line at a time. */
export function installMissing(say, packages = testbedPackages) {
  const missing = missingOf(packages);
  if (missing.length === 0) return 0;
  const names = missing.map(([name]) => name);
  if (process.getuid() !== 0)
    throw new Error(`these packages are missing, and only root can install them: ${names.join(' ')}`);
  if (!existsSync('/usr/bin/apt-get')) throw new Error('there is no apt-get: this needs Debian 12 or a relative of it');
  say(
    `installing ${names.length} Debian package${names.length === 1 ? ' that is' : 's that are'} missing (no service is started):`,
  );
  for (const [name, why] of missing) say(`  ${name.padEnd(27)} ${why}`);
  withoutStartingServices(() => {
    apt('update');
    apt('install', '--no-install-recommends', ...names);
  });
  return names.length;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    if (process.argv.includes('--install')) installMissing((line) => console.log(line));
    else for (const [name, why] of missingOf(testbedPackages)) console.log(`${name.padEnd(27)} ${why}`);
  } catch (error) {
    console.error(`system-packages: ${error.message}`);
    process.exit(1);
  }
}

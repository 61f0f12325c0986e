/**
 * A level-1 VM that runs level-2 VMs: the nested image under QEMU, with its NIC on a tap of a machine's namespace. What it runs is governed from outside over
 * its second serial port, so that nothing of that goes over the network that is looked at.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../lib/run-command.js';
import { waitUntil } from '../../lib/wait-until.js';
import { type EthernetSegment, enslave } from '../ethernet-segment.js';
import type { GuestImage } from '../guest/guest-image.js';
import { insideNamespace, ipIn, type LinkEnd } from '../network-namespace.js';
import { type Run, runPath } from '../run-directory.js';
import { startDaemon, waitForDaemon } from '../run-processes.js';
import { connectQmp, type Qmp } from './qmp.js';

export interface NestedNic {
  mac: string;
  /** With prefix length. */
  address: string;
}

/** Of the level-2 VM: one NIC without a tag, and one that its host puts into a VLAN. */
export interface NestedVm {
  plain: NestedNic;
  tagged: NestedNic;
  vlan: number;
}

export interface NestedHostOptions {
  name: string;
  image: GuestImage;
  /** Migration is possible only between hosts where this is the same. */
  accelerator: 'kvm' | 'tcg';
  /** The tap of the NIC that it bridges the level-2 VM to. */
  port: LinkEnd;
  nic: NestedNic;
  mtu: number;
  /** Where the memory of a VM that moves goes: a LAN of its own, so that it does not compete with what is watched. */
  memory: { lan: EthernetSegment; nic: NestedNic };
  vm: NestedVm;
  /** Whether it boots the level-2 VM, or waits for it to come. */
  boots: boolean;
}

export interface NestedHost {
  name: string;
  /** Without prefix length: where the memory of a VM that moves here goes to. */
  memoryAddress: string;
  /** Of the QEMU inside. */
  monitor: Qmp;
  console(): string;
}

const memoryMiB = 512;
const memoryMtu = 1500;

const toUserData = ({ vm, boots, mtu }: NestedHostOptions): string => {
  const words = [vm.plain, vm.tagged].map(({ mac, address }) => `nic=${mac},${address},${mtu}`);
  const given = [boots ? 'boot' : 'wait', vm.vlan, vm.plain.mac, vm.tagged.mac, ...words];
  return `#!/bin/sh\nexec /nested/serve ${given.join(' ')}\n`;
};

const toNetworkConfig = ({ nic, mtu, memory }: NestedHostOptions): string => {
  const ethernets = [
    { ...nic, mtu },
    { ...memory.nic, mtu: memoryMtu },
  ].map(
    ({ mac, address, mtu: own }, index) =>
      `  nic${index}:\n    match:\n      macaddress: "${mac}"\n    mtu: ${own}\n    addresses: [${address}]\n`,
  );
  return `version: 2\nethernets:\n${ethernets.join('')}`;
};

async function makeSeed(folder: string, options: NestedHostOptions): Promise<string> {
  const seed = join(folder, 'seed');
  mkdirSync(seed, { recursive: true });
  writeFileSync(join(seed, 'meta-data'), `instance-id: ${options.name}\nlocal-hostname: ${options.name}\n`);
  writeFileSync(join(seed, 'user-data'), toUserData(options));
  writeFileSync(join(seed, 'network-config'), toNetworkConfig(options));
  const file = join(folder, 'seed.iso');
  await runCommand('genisoimage', ['-quiet', '-volid', 'cidata', '-rational-rock', '-joliet', '-output', file, seed]);
  return file;
}

async function addTap({ namespace, interface: name }: LinkEnd): Promise<void> {
  await ipIn(namespace, 'tuntap', 'add', 'dev', name, 'mode', 'tap');
  // A tap says nothing of its own: with an IPv6 address it would be one machine more behind the port.
  await ipIn(namespace, 'link', 'set', name, 'addrgenmode', 'none', 'up');
}

/** Resolves when its QEMU runs; `saysSo` waits for more. */
export async function startNestedHost(run: Run, options: NestedHostOptions): Promise<NestedHost> {
  const { name, image, accelerator, port, nic, memory } = options;
  const memoryPort = { namespace: port.namespace, interface: `m-${name}` };
  const folder = runPath(run, name);
  mkdirSync(folder, { recursive: true });
  const seed = await makeSeed(folder, options);
  const [consoleFile, monitorPath] = [join(folder, 'console'), join(folder, 'monitor')];
  await addTap(port);
  await addTap(memoryPort);
  const daemon = startDaemon(run, {
    what: name,
    program: 'ip',
    args: insideNamespace(
      port.namespace,
      ...['qemu-system-x86_64', '-machine', 'q35', '-accel', accelerator, '-m', String(memoryMiB)],
      ...['-cpu', accelerator === 'kvm' ? 'host' : 'max', '-nodefaults', '-display', 'none'],
      ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', 'console=ttyS0 quiet mitigations=off'],
      ...['-drive', `file=${seed},format=raw,if=virtio,readonly=on`],
      // Without a header for offloads, which a userspace datapath would hand on and nobody would do.
      ...['-netdev', `tap,id=nic,ifname=${port.interface},script=no,downscript=no,vnet_hdr=off`],
      ...['-device', `virtio-net-pci,netdev=nic,mac=${nic.mac},romfile=`],
      ...['-netdev', `tap,id=memory,ifname=${memoryPort.interface},script=no,downscript=no`],
      ...['-device', `virtio-net-pci,netdev=memory,mac=${memory.nic.mac},romfile=`],
      ...['-serial', `file:${consoleFile}`],
      ...['-chardev', `socket,id=monitor,path=${monitorPath},server=on,wait=off`, '-serial', 'chardev:monitor'],
    ),
  });
  let monitor: Qmp | undefined;
  await waitForDaemon(daemon, async () => {
    monitor = await connectQmp(monitorPath).catch(() => undefined);
    return monitor !== undefined;
  });
  // QEMU has opened it; the other end of a tap may stand anywhere.
  await ipIn(port.namespace, 'link', 'set', memoryPort.interface, 'netns', memory.lan.namespace);
  await enslave(memory.lan, memoryPort.interface);
  return {
    name,
    memoryAddress: memory.nic.address.split('/')[0]!,
    monitor: monitor!,
    console: () => readFileSync(consoleFile, 'utf8'),
  };
}

const bootMs = 600_000;

/** Until the host, or the level-2 VM, has said so on the console. */
export const saysSo = (host: NestedHost, line: RegExp): Promise<unknown> =>
  waitUntil(() => line.test(host.console()), {
    ...{ what: `${host.name} to say ${line}`, timeoutMs: bootMs, intervalMs: 100 },
  }).catch((error: Error) => {
    throw new Error(`${error.message}; its console ends:\n${host.console().slice(-1_000)}`);
  });

/**
 * Two sites with a WAN between them, a VI over both, and three hosts for one level-2 VM: level-1 VMs on two nodes of osaka, and a machine at tokyo that is the
 * same kind of VM. Watched from a host at tokyo and from one at osaka. Their ports are on Iris's bridges, or on ones that switch by NORMAL.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { createProbeDisk } from '../../../src/drivers/compute/libvirt/probe-guest.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { addEthernetSegment, attach, enslave } from '../../../src/testbed/ethernet-segment.js';
import { ensureNestedImage } from '../../../src/testbed/guest/nested-image.js';
import { addHost, addVlan, type Host } from '../../../src/testbed/host.js';
import { addUnderlay, linkEnd, type Machine, startMachine, vsctl } from '../../../src/testbed/machine.js';
import { type NestedHost, startNestedHost } from '../../../src/testbed/nested/nested-host.js';
import type { Run } from '../../../src/testbed/run-directory.js';
import { addWan } from '../../../src/testbed/wan.js';
import { whenAll } from '../../../src/testbed/when-all.js';
import { instances } from '../../drivers/network/example-vi.js';
import { toSites } from '../../drivers/network/ovs-site.js';
import { toMac, toVi } from '../../drivers/network/sites.js';
import { stands } from '../../drivers/network/stand.js';
import { type Raised, raiseInRun } from '../../testbed/support/raise-in-run.js';

export const wanDelayMs = 20;
const mtu = 1400;
const vlan = 100;
export const vm = {
  plain: { mac: '52:54:00:12:00:01', address: '192.168.7.99/24' },
  tagged: { mac: '52:54:00:12:00:02', address: '192.168.8.99/24' },
  vlan,
};

type MachineName = 'tgw' | 'ogw' | 'on1' | 'on2';

/** What hangs on which switch: the external port, and the VMs' ports. */
const ports: Record<MachineName, string> = { tgw: 'lan1', ogw: 't1-2', on1: 't1-1', on2: 't1-3' };
const underlays = { ogw: '10.2.0.1', on1: '10.2.0.2', on2: '10.2.0.3' } as const;
const wanAddresses = { tgw: '203.0.113.1', ogw: '203.0.113.2' } as const;

/** A tree, so that NORMAL makes no loop. */
const plainTunnels: [MachineName, local: string, remote: string][] = [
  ['tgw', wanAddresses.tgw, wanAddresses.ogw],
  ['ogw', wanAddresses.ogw, wanAddresses.tgw],
  ['ogw', underlays.ogw, underlays.on1],
  ['on1', underlays.on1, underlays.ogw],
  ['ogw', underlays.ogw, underlays.on2],
  ['on2', underlays.on2, underlays.ogw],
];

export interface MigrationWorld extends Raised {
  accelerator: 'kvm' | 'tcg';
  watchers: { tokyo: Host; osaka: Host };
  /** The first boots the VM. The third is the one at tokyo. */
  hosts: { first: NestedHost; second?: NestedHost; third: NestedHost };
  drivers: { tokyo: NetworkDriver; osaka: NetworkDriver };
  /** Takes Iris away and joins the same ports by plain Open vSwitch. */
  joinPlainly(): Promise<void>;
}

/** By running something: a device that is there proves nothing. */
async function detectAccelerator(run: Run): Promise<'kvm' | 'tcg'> {
  const disk = join(run.directory, 'probe.img');
  writeFileSync(disk, createProbeDisk());
  const machine = ['-machine', 'q35', '-accel', 'kvm', '-cpu', 'host', '-m', '32', '-nodefaults', '-display', 'none'];
  const drive = ['-drive', `file=${disk},format=raw,if=virtio,readonly=on`];
  return runCommand('qemu-system-x86_64', [...machine, ...drive, '-no-reboot'], { timeoutMs: 5_000 }).then(
    () => 'kvm',
    () => 'tcg',
  );
}

async function raiseMachines(run: Run): Promise<Record<MachineName, Machine>> {
  const names = ['tgw', 'ogw', 'on1', 'on2'] as const;
  const list = await whenAll(names.map((name) => startMachine(run, name)));
  const machines = Object.fromEntries(names.map((name, index) => [name, list[index]!])) as Record<MachineName, Machine>;
  const lan = await addEthernetSegment(run, 'osaka-lan');
  for (const [index, name] of (['ogw', 'on1', 'on2'] as const).entries()) {
    await attach(lan, linkEnd(machines[name], 'lan0'), name);
    await addUnderlay(machines[name], {
      ...{ bridge: 'br-phy', interface: 'lan0', address: `${underlays[name]}/24`, mac: `02:00:0a:02:00:0${index + 1}` },
    });
  }
  await addWan(run, linkEnd(machines.tgw, 'wan0'), linkEnd(machines.ogw, 'wan0'), {
    ...{ delayMs: wanDelayMs, rateMbit: 100 },
  });
  for (const [index, name] of (['tgw', 'ogw'] as const).entries())
    await addUnderlay(machines[name], {
      ...{
        bridge: 'br-wan',
        interface: 'wan0',
        address: `${wanAddresses[name]}/24`,
        mac: `02:00:cb:00:71:0${index + 1}`,
      },
    });
  return machines;
}

function createDrivers(machines: Record<MachineName, Machine>): MigrationWorld['drivers'] {
  const reached = Object.fromEntries(
    Object.entries(machines).map(([name, { ovsdb, switchDirectory }]) => [
      name,
      { name, ovsdb, directory: switchDirectory },
    ]),
  );
  const sites = toSites(reached as never);
  const create = (site: keyof MigrationWorld['drivers']): NetworkDriver =>
    createOvsNetworkDriver({ site: sites[site], instance: instances[site], log: silentLog });
  return { tokyo: create('tokyo'), osaka: create('osaka') };
}

const watcherMac = { tokyo: '52:54:00:aa:00:01', osaka: toMac(2, 2) };
const addresses = { first: '192.168.7.41', osaka: '192.168.7.42', second: '192.168.7.43', tokyo: '192.168.7.200' };

const toOsakaVi = (withSecond: boolean) =>
  toVi({
    ...{
      viNumber: 1,
      key: 101,
      vmNodes: withSecond ? ['on1', 'ogw', 'on2'] : ['on1', 'ogw'],
      gateway: 'ogw',
      macSite: 2,
    },
    peers: [{ name: 'tokyo', number: 1 }],
    hosts: [{ mac: watcherMac.tokyo, ip: addresses.tokyo, vlan: 0, site: 'tokyo' }],
  });
const tokyoVi = toVi({
  ...{ viNumber: 1, key: 101, vmNodes: [], gateway: 'tgw' },
  externalPorts: [{ name: 'lan1', node: 'tgw', vlans: [0, vlan] }],
  peers: [{ name: 'osaka', number: 2 }],
});

async function raiseHosts(run: Run, machines: Record<MachineName, Machine>, withSecond: boolean) {
  const [accelerator, image] = await whenAll([detectAccelerator(run), ensureNestedImage()]);
  const tokyoLan = await addEthernetSegment(run, 'tokyo-lan');
  await attach(tokyoLan, linkEnd(machines.tgw, 'lan1'), 'gateway');
  const memoryLan = await addEthernetSegment(run, 'memory-lan');
  const common = { image, accelerator, mtu, vm };
  const memory = (number: number) => ({
    ...{ lan: memoryLan, nic: { mac: `52:54:00:11:00:0${number}`, address: `172.31.0.${number}/24` } },
  });
  const tap = { namespace: tokyoLan.namespace, interface: 'vm' };
  const lanPort = { namespace: tokyoLan.namespace, interface: 'watcher' };
  const startSecond = () =>
    startNestedHost(run, {
      ...{ ...common, name: 'second', boots: false, memory: memory(2), port: linkEnd(machines.on2, 't1-3') },
      nic: { mac: toMac(2, 3), address: `${addresses.second}/24` },
    });
  const [first, second, third, atTokyo, atOsaka] = await whenAll([
    startNestedHost(run, {
      ...{ ...common, name: 'first', boots: true, memory: memory(1), port: linkEnd(machines.on1, 't1-1') },
      nic: { mac: toMac(2, 1), address: `${addresses.first}/24` },
    }),
    withSecond ? startSecond() : Promise.resolve(undefined),
    startNestedHost(run, {
      ...{ ...common, name: 'third', boots: false, memory: memory(3), port: tap },
      nic: { mac: '52:54:00:aa:00:02', address: '192.168.7.201/24' },
    }),
    addHost(run, {
      ...{ mtu, name: 'watch-t', mac: watcherMac.tokyo, address: `${addresses.tokyo}/24`, port: lanPort },
    }),
    addHost(run, {
      ...{ mtu, name: 'watch-o', mac: watcherMac.osaka, address: `${addresses.osaka}/24` },
      port: linkEnd(machines.ogw, 't1-2'),
    }),
  ]);
  for (const port of [tap.interface, lanPort.interface]) await enslave(tokyoLan, port);
  await addVlan(atTokyo, vlan, '192.168.8.200/24');
  await addVlan(atOsaka, vlan, '192.168.8.42/24');
  return {
    accelerator,
    hosts: { first, ...(second && { second }), third },
    watchers: { tokyo: atTokyo, osaka: atOsaka },
  };
}

/** What somebody without Iris does. */
async function joinByNormal(machines: Record<MachineName, Machine>): Promise<void> {
  for (const [name, machine] of Object.entries(machines) as [MachineName, Machine][])
    await vsctl(
      machine,
      ...['add-br', 'br-plain', '--', 'set', 'Bridge', 'br-plain', 'datapath_type=netdev', 'fail_mode=standalone'],
      ...['--', 'del-port', 'br-iris', ports[name], '--', 'add-port', 'br-plain', ports[name]],
      ...plainTunnels
        .filter(([at]) => at === name)
        .flatMap(([, local, remote], index) => [
          ...['--', 'add-port', 'br-plain', `plain${index}`, '--', 'set', 'Interface', `plain${index}`, 'type=gre'],
          ...['options:key=7', `options:local_ip=${local}`, `options:remote_ip=${remote}`],
        ]),
    );
}

/** `second`: whether there is a second level-1 VM at osaka. */
export async function raiseMigrationWorld({ second }: { second: boolean }): Promise<MigrationWorld> {
  return raiseInRun(async (run, atEnd) => {
    const machines = await raiseMachines(run);
    const drivers = createDrivers(machines);
    const { tokyo, osaka } = drivers;
    let stopped: Promise<unknown> | undefined;
    const stopDrivers = async (): Promise<void> => {
      stopped ??= whenAll([tokyo.stop(), osaka.stop()]);
      await stopped;
    };
    // Before they start: one that started is stopped also where something beside it failed.
    atEnd(stopDrivers);
    const quiet = { nodeChanged: () => {}, registryChanged: () => {} };
    const [raised] = await whenAll([raiseHosts(run, machines, second), tokyo.start(quiet), osaka.start(quiet)]);
    atEnd(() => {
      for (const host of Object.values(raised.hosts)) host.monitor.close();
    });
    const nodes = second ? (['on1', 'ogw', 'on2'] as const) : (['on1', 'ogw'] as const);
    await whenAll(nodes.map((name) => vsctl(machines[name], 'add-port', 'br-iris', ports[name])));
    await whenAll([stands(tokyo, tokyoVi), stands(osaka, toOsakaVi(second))]);
    return {
      ...{ ...raised, drivers },
      async joinPlainly() {
        await stopDrivers();
        await joinByNormal(machines);
      },
    };
  });
}

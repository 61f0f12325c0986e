/**
 * Two nodes with an Open vSwitch each and a VM on both (a namespace), joined twice by tunnels of the same kind between the same addresses: by our
 * bridge, which the real network driver has filled, and by a bridge beside it that switches by NORMAL. Each VM has a NIC in both.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkDriver } from '../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../src/domain/site/site-file.js';
import type { PlacedVi, PlacedVm } from '../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../src/lib/log.js';
import { waitUntil } from '../../src/lib/wait-until.js';
import { ping } from '../../src/testbed/host.js';
import { addUnderlay, linkEnd, type Machine, startMachine, vsctl } from '../../src/testbed/machine.js';
import {
  addLink,
  addNamespace,
  ipIn,
  type LinkEnd,
  type Namespace,
  withoutOffloads,
} from '../../src/testbed/network-namespace.js';
import type { Run } from '../../src/testbed/run-directory.js';
import { whenAll } from '../../src/testbed/when-all.js';
import { processorMs } from '../processor-time.js';

export type Datapath = 'system' | 'netdev';
export type Encapsulation = 'gre' | 'vxlan' | 'geneve';

export interface TwoVms {
  datapath: Datapath;
  vms: [Namespace, Namespace];
  /** Where the second VM answers, over either way. */
  addresses: { iris: string; normal: string };
  /** Processor time of both switches so far, in ms. */
  switchMs(): Promise<number>;
  stop(): Promise<void>;
}

const instance = '00000000-0000-4000-8000-000000000002';
const underlays = ['10.9.0.1', '10.9.0.2'] as const;
const plainBridge = 'br-plain';
const plainKey = 7;
const vmMtu = 1400;
const toIp = (lan: number, index: number): string => `192.168.${lan}.${index + 1}`;
const lans = { iris: 71, normal: 72 } as const;
const macOf = (lan: number, index: number): string => `52:54:00:00:${lan}:0${index + 1}`;
const nodeNames = ['n1', 'n2'] as const;

/** By trying: a module that is there may still not load. ovs-vswitchd gives a bridge that it could not make no port number. */
async function detectDatapath(machine: Machine): Promise<Datapath> {
  await vsctl(machine, 'add-br', 'br-try', '--', 'set', 'Bridge', 'br-try', 'datapath_type=system');
  const { stdout } = await vsctl(machine, 'get', 'Interface', 'br-try', 'ofport');
  await vsctl(machine, 'del-br', 'br-try');
  return Number(stdout) > 0 ? 'system' : 'netdev';
}

/** The kernel routes tunnels by itself; the userspace datapath only over a bridge of its own. */
async function joinUnderlay(machine: Machine, index: number, datapath: Datapath): Promise<void> {
  const address = `${underlays[index]}/24`;
  if (datapath === 'system') await ipIn(machine.namespace, 'address', 'add', address, 'dev', 'lan0');
  else
    await addUnderlay(machine, { bridge: 'br-phy', interface: 'lan0', address, mac: `02:00:0a:09:00:0${index + 1}` });
}

/** A VM's NIC. */
async function addNic(vm: Namespace, name: string, port: LinkEnd, lan: number, index: number): Promise<void> {
  await addLink({ namespace: vm, interface: name }, port);
  await withoutOffloads(vm, name);
  await ipIn(vm, 'link', 'set', name, 'address', macOf(lan, index), 'mtu', String(vmMtu));
  await ipIn(vm, 'address', 'add', `${toIp(lan, index)}/24`, 'dev', name);
}

const toVm = (index: number): PlacedVm => ({
  ...{ name: `vm${index + 1}`, node: nodeNames[index]!, cpus: 1, memoryMiB: 128, diskGiB: 1, image: 'small' },
  nested: false,
  nics: [{ mac: macOf(lans.iris, index), ip: toIp(lans.iris, index), portName: `iris${index}` }],
});

const toVi = (encapsulation: Encapsulation): PlacedVi => ({
  ...{ connectionId: 'bench', version: 1, tenant: 'alpha', viNumber: 1 },
  segment: { key: 101, encapsulation },
  vms: [toVm(0), toVm(1)],
  ...{ externalPorts: [], peers: [], hosts: [] },
});

const toSite = (machines: readonly Machine[], datapathType: Datapath) =>
  siteFileSchema.parse({
    site: 'bench',
    nodes: machines.map((machine, index) => ({
      name: nodeNames[index],
      network: {
        ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.switchDirectory}/iris.ctl`, datapathType },
        ...{ datapathId: `${index + 1}`.padStart(16, '0'), underlay: underlays[index] },
      },
    })),
    tenants: [{ name: 'alpha' }],
  });

/** What somebody without Iris does: a bridge that learns, with a tunnel of a key of its own. */
const joinPlainly = (machine: Machine, index: number, datapath: Datapath, encapsulation: Encapsulation) =>
  vsctl(
    machine,
    ...['add-br', plainBridge, '--', 'set', 'Bridge', plainBridge, `datapath_type=${datapath}`],
    ...['fail_mode=standalone', '--', 'add-port', plainBridge, `normal${index}`, '--', 'add-port', plainBridge, 'tun0'],
    ...['--', 'set', 'Interface', 'tun0', `type=${encapsulation}`, `options:key=${plainKey}`],
    ...[`options:local_ip=${underlays[index]}`, `options:remote_ip=${underlays[1 - index]}`],
  );

async function joinByIris(machines: readonly Machine[], datapath: Datapath, encapsulation: Encapsulation) {
  const driver: NetworkDriver = createOvsNetworkDriver({ site: toSite(machines, datapath), instance, log: silentLog });
  try {
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    // A hypervisor's part, once the bridge is there.
    await whenAll(machines.map((machine, index) => vsctl(machine, 'add-port', 'br-iris', `iris${index}`)));
    await driver.ensure(toVi(encapsulation));
    return driver;
  } catch (error) {
    await driver.stop();
    throw error;
  }
}

/** Frames are lost until the far end of the tunnel is resolved. */
const answered = (vm: Namespace, address: string): Promise<unknown> =>
  waitUntil(async () => (await ping(vm, address, { count: 1 })).received > 0, {
    ...{ what: `an answer from ${address}`, timeoutMs: 60_000 },
  });

export async function raiseTwoVms(
  run: Run,
  encapsulation: Encapsulation,
  wanted: Datapath | undefined,
): Promise<TwoVms> {
  const machines = await whenAll(nodeNames.map((name) => startMachine(run, name)));
  const [first, second] = machines as [Machine, Machine];
  await addLink(linkEnd(first, 'lan0'), linkEnd(second, 'lan0'));
  const datapath = wanted ?? (await detectDatapath(first));
  const vms = (await whenAll(
    machines.map(async (machine, index) => {
      await joinUnderlay(machine, index, datapath);
      const vm = await addNamespace(run, `vm${index + 1}`);
      await addNic(vm, 'eth0', linkEnd(machine, `iris${index}`), lans.iris, index);
      await addNic(vm, 'eth1', linkEnd(machine, `normal${index}`), lans.normal, index);
      await joinPlainly(machine, index, datapath, encapsulation);
      return vm;
    }),
  )) as [Namespace, Namespace];
  const driver = await joinByIris(machines, datapath, encapsulation);
  const addresses = { iris: toIp(lans.iris, 1), normal: toIp(lans.normal, 1) };
  try {
    for (const address of Object.values(addresses)) await answered(vms[0], address);
  } catch (error) {
    await driver.stop();
    throw error;
  }
  const pids = machines.map(({ switchDirectory }) =>
    Number(readFileSync(join(switchDirectory, 'ovs-vswitchd.pid'), 'utf8')),
  );
  return {
    ...{ datapath, vms, addresses },
    switchMs: async () => (await Promise.all(pids.map(processorMs))).reduce((sum, ms) => sum + ms, 0),
    stop: () => driver.stop(),
  };
}

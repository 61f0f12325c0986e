/**
 * The emulated inter-cloud: site tokyo (a gateway, and two LANs with an ordinary machine each), site osaka (a gateway and two
 * compute nodes), a WAN between the gateways, and on all of them things that are not Iris's.
 */
import { addEthernetSegment, attach } from './ethernet-segment.js';
import { addForeignBridge, addForeignDomain } from './foreign.js';
import { addHost, type Host } from './host.js';
import { type Hypervisor, startHypervisor } from './hypervisor.js';
import { addUnderlay, closeKernelToPorts, linkEnd, type Machine, startMachine } from './machine.js';
import type { Run } from './run-directory.js';
import { addWan, type WanEmulator, type WanOptions } from './wan.js';
import { whenAll } from './when-all.js';

export interface EmulatedNode {
  /** As the site file names it. */
  name: string;
  machine: Machine;
  hypervisor?: Hypervisor;
  underlay: string;
  /** WAN address of a gateway. */
  gateway?: string;
}

export interface EmulatedSite {
  name: string;
  nodes: EmulatedNode[];
}

export interface InterCloud {
  run: Run;
  sites: { tokyo: EmulatedSite; osaka: EmulatedSite };
  hosts: { host1: Host; host2: Host };
  wan: WanOptions & { emulator: WanEmulator };
}

interface NodePlan {
  name: string;
  underlay: string;
  gateway?: string;
  compute: boolean;
}

interface SitePlan {
  name: string;
  nodes: readonly NodePlan[];
}

const sitePlans = {
  tokyo: { name: 'tokyo', nodes: [{ name: 'gw', underlay: '10.1.0.1', gateway: '10.255.0.1', compute: false }] },
  osaka: {
    name: 'osaka',
    nodes: [
      { name: 'gw', underlay: '10.2.0.1', gateway: '10.255.0.2', compute: false },
      { name: 'n1', underlay: '10.2.0.11', compute: true },
      { name: 'n2', underlay: '10.2.0.12', compute: true },
    ],
  },
} as const satisfies Record<string, SitePlan>;

/** The gateway's NIC towards a host's LAN. */
export const externalInterfaces = { host1: 'ext1', host2: 'ext2' } as const;

/** Room for any encapsulation and a VLAN tag inside an underlay of 1500. */
export const hostMtu = 1400;

/** One tenant's machine and the other's are alike to the last bit, which is the point of isolation. */
const hostIdentity = { mac: '52:54:00:00:00:64', address: '192.168.50.100/24', mtu: hostMtu };

/** Locally administered, made of the last two bytes of the address it goes with. */
const macFor = (address: string): string => {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return `02:00:${bytes.join(':')}`;
};

export async function raiseInterCloud(run: Run, wan: WanOptions): Promise<InterCloud> {
  const [tokyo, osaka] = await whenAll([raiseSite(run, sitePlans.tokyo), raiseSite(run, sitePlans.osaka)]);
  const [tokyoGateway, osakaGateway] = [tokyo.nodes[0]!.machine, osaka.nodes[0]!.machine];
  const emulator = await addWan(run, linkEnd(tokyoGateway, 'wan0'), linkEnd(osakaGateway, 'wan0'), wan);
  await whenAll([tokyo, osaka].map((site) => addWanUnderlay(site.nodes[0]!)));
  const [host1, host2] = await whenAll([
    addHost(run, { ...hostIdentity, name: 'host1', port: linkEnd(tokyoGateway, externalInterfaces.host1) }),
    addHost(run, { ...hostIdentity, name: 'host2', port: linkEnd(tokyoGateway, externalInterfaces.host2) }),
  ]);
  return { run, sites: { tokyo, osaka }, hosts: { host1, host2 }, wan: { ...wan, emulator } };
}

export async function raiseSite(run: Run, plan: SitePlan): Promise<EmulatedSite> {
  const lan = await addEthernetSegment(run, `${plan.name}-lan`);
  const nodes = await whenAll(
    plan.nodes.map(async (node) => {
      const machine = await startMachine(run, `${plan.name}-${node.name}`);
      await attach(lan, linkEnd(machine, 'lan0'), node.name);
      await addUnderlay(machine, {
        bridge: 'br-phy',
        interface: 'lan0',
        address: `${node.underlay}/24`,
        mac: macFor(node.underlay),
      });
      await addForeignBridge(machine);
      await closeKernelToPorts(machine);
      const { name, underlay, gateway } = node;
      return {
        name,
        machine,
        underlay,
        gateway,
        hypervisor: node.compute ? await raiseHypervisor(machine) : undefined,
      };
    }),
  );
  return { name: plan.name, nodes };
}

async function raiseHypervisor(machine: Machine): Promise<Hypervisor> {
  const hypervisor = await startHypervisor(machine);
  await addForeignDomain(hypervisor);
  return hypervisor;
}

const addWanUnderlay = (node: EmulatedNode): Promise<void> =>
  addUnderlay(node.machine, {
    bridge: 'br-wan',
    interface: 'wan0',
    address: `${node.gateway}/24`,
    mac: macFor(node.gateway!),
  });

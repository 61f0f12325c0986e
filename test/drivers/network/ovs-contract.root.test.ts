import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { createThreadedNetworkDriver, ovsThread } from '../../../src/drivers/network/thread/threaded-network-driver.js';
import { type Log, silentLog } from '../../../src/lib/log.js';
import { describeNetworkDriver, type NetworkUnderTest } from './contract.js';
import { startDelayingRelay } from './delaying-relay.js';
import { raiseSites } from './ovs-site.js';
import { createOvsWorld, type OvsWorld, type Station, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';

type CreateDriver = (parts: { site: Site; instance: string; log: Log }) => NetworkDriver;

const ways: Record<string, CreateDriver> = {
  'Open vSwitch': (parts) => createOvsNetworkDriver({ ...parts, timeouts: { portMs: 2_000 } }),
  'Open vSwitch, in a thread of its own': (parts) =>
    createThreadedNetworkDriver({
      ...parts,
      module: ovsThread,
      onEnded: (reason) => {
        throw reason;
      },
    }),
};

async function create(world: OvsWorld, createDriver: CreateDriver): Promise<NetworkUnderTest> {
  const stations = new Map<string, Station>();
  const { osaka, machines } = await raiseSites(world);
  const machineOf = (node: string) => machines[node as keyof typeof machines];
  const { directory, ovsdb } = machines.ogw;
  const relayPath = `${directory}/relay.sock`;
  const startRelay = () =>
    startDelayingRelay(relayPath, { path: ovsdb.slice('unix:'.length) }, { delayMs: 0, irisConnects: true });
  let relay = await startRelay();
  const site = {
    ...osaka,
    nodes: osaka.nodes.map((node) =>
      node.name === 'ogw' ? { ...node, network: { ...node.network, ovsdb: `unix:${relayPath}` } } : node,
    ),
  };
  const ports: { node: string; port: string }[] = [];
  for (const viNumber of [1, 2])
    for (const vm of toVi({ viNumber, key: 1, vmNodes: ['on1', 'on2'] }).vms) {
      const nic = vm.nics[0]!;
      const name = `${vm.name}-${viNumber}`;
      stations.set(name, await world.addStation(machineOf(vm.node), nic.portName, { name, mac: nic.mac, ip: nic.ip! }));
      ports.push({ node: vm.node, port: nic.portName });
    }
  return {
    site,
    newDriver() {
      const driver = createDriver({ site, instance: testInstance, log: silentLog });
      return {
        ...driver,
        async start(events) {
          await driver.start(events);
          for (const { node, port } of ports) await world.plug(machineOf(node), port);
          await until('all switches', async () => (await driver.status()).every((node) => node.connected) || undefined);
        },
      };
    },
    reaches: (vi, index, other) =>
      world.ping(stations.get(`${vi.vms[index]!.name}-${vi.viNumber}`)!, vi.vms[other]!.nics[0]!.ip!),
    async setReachable(node, reachable) {
      const machine = machineOf(node);
      if (reachable) {
        await world.startDatabase(machine);
        await world.startSwitch(machine);
      } else {
        await world.stopSwitch(machine);
        await world.stopDatabase(machine);
      }
    },
    async setGatewayChangeable(changeable) {
      if (changeable) relay = await startRelay();
      else await relay.close();
    },
    stpAtGateway: 'peer+tokyo?vlan=1234',
    eventually: async (what, look) => void (await until(what, async () => (await look()) || undefined, 30_000)),
    async close() {
      await relay.close();
      await world.close();
    },
  };
}

for (const [name, createDriver] of Object.entries(ways))
  describeNetworkDriver(name, async () => {
    const world = createOvsWorld();
    try {
      return await create(world, createDriver);
    } catch (error) {
      await world.close();
      throw error;
    }
  });

/** A real switch that a driver gives thousands of flows: a VI of two VMs that lists many hosts behind a peer. For tests and benchmarks. */
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { type Log, silentLog } from '../../../src/lib/log.js';
import { runCommand } from '../../../src/lib/run-command.js';
import type { Machine, OvsWorld, Station } from './ovs-world.js';
import { testInstance, toMac, toVi } from './sites.js';
import { stands } from './stand.js';

export interface ManyFlows {
  machine: Machine;
  vi: PlacedVi;
  stations: [Station, Station];
  /** Anew, when the one before has been stopped. Resolves when the VI stands. */
  startDriver(): Promise<NetworkDriver>;
  flowCount(): Promise<number>;
  /** The switch drops its connection, and comes again. */
  reconnect(): Promise<unknown>;
}

const bytes = (value: number): [number, number] => [value >> 8, value & 0xff];
export const hostMac = (index: number): string =>
  `52:54:00:77:${bytes(index)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')}`;
const toHost = (_: unknown, index: number) => ({
  ...{ mac: hostMac(index), ip: `10.7.${bytes(index + 1).join('.')}`, vlan: 0, site: 'p' },
});

/** Each host makes about seven flows. */
export async function raiseManyFlows(world: OvsWorld, hostCount: number, log: Log = silentLog): Promise<ManyFlows> {
  const vi: PlacedVi = toVi({
    ...{ viNumber: 1, key: 101, vmNodes: ['n1', 'n1'], gateway: 'n1', peers: [{ name: 'p', number: 2 }] },
    hosts: Array.from({ length: hostCount }, toHost),
  });
  const machine = await world.addMachine('n1');
  const lan = await world.addLan('lan');
  await world.addUnderlay(machine, lan, 'br-phy', '10.9.0.1/24', 1);
  const site = siteFileSchema.parse({
    site: 's',
    nodes: [
      {
        name: 'n1',
        network: {
          ...{ ovsdb: machine.ovsdb, controller: `unix:${machine.directory}/iris.ctl`, datapathType: 'netdev' },
          ...{ datapathId: '00000000000000f7', underlay: '10.9.0.1' },
        },
        gateway: { address: '203.0.113.1' },
      },
    ],
    peers: [{ site: 'p', gateways: ['203.0.113.2'] }],
    tenants: [{ name: 'alpha' }],
  });
  const [first, second] = await Promise.all(
    [1, 2].map((number) =>
      world.addStation(machine, `t1-${number}`, {
        ...{ name: `vm${number}`, mac: toMac(1, number), ip: `192.168.7.${20 + number}` },
      }),
    ),
  );
  let plugged: Promise<unknown> | undefined;
  const plug = async (): Promise<void> => {
    for (const number of [1, 2]) await world.plug(machine, `t1-${number}`);
  };
  return {
    ...{ machine, vi, stations: [first!, second!] },
    async startDriver() {
      const driver = createOvsNetworkDriver({ site, instance: testInstance, log });
      await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
      plugged ??= plug();
      await plugged;
      await stands(driver, vi);
      return driver;
    },
    async flowCount() {
      const { stdout } = await world.ofctl(machine, 'dump-aggregate');
      return Number(/flow_count=(\d+)/.exec(stdout)![1]);
    },
    reconnect: () =>
      runCommand('ovs-appctl', ['-t', `${machine.directory}/ovs-vswitchd.ctl`, 'bridge/reconnect', 'br-iris']),
  };
}

/** One site's services in this process, on two nodes of the testbed with their own Open vSwitch and libvirt. Its guests do nothing but hear their power button. */

import type { ComputeDriver } from '../../src/domain/ports/compute-driver.js';
import type { Provider } from '../../src/domain/ports/provider.js';
import type { Store } from '../../src/domain/ports/store.js';
import { siteFileSchema } from '../../src/domain/site/site-file.js';
import { createLibvirtComputeDriver } from '../../src/drivers/compute/libvirt/libvirt-compute-driver.js';
import { createOvsNetworkDriver } from '../../src/drivers/network/ovs/ovs-network-driver.js';
import { systemClock } from '../../src/lib/clock.js';
import { createLog, silentLog } from '../../src/lib/log.js';
import { createEngine, type Engine } from '../../src/services/engine.js';
import { createPlacing } from '../../src/services/placing.js';
import { createProvider } from '../../src/services/provider.js';
import { createStore } from '../../src/store/create-store.js';
import type { Hypervisor } from '../../src/testbed/hypervisor.js';
import { type EmulatedNode, raiseSite } from '../../src/testbed/inter-cloud.js';
import type { Machine } from '../../src/testbed/machine.js';
import { createPowerButtonImage } from '../drivers/compute/libvirt/power-button-image.js';
import { testDatabase } from '../support/postgres.js';
import { type Raised, raiseInRun } from '../testbed/support/raise-in-run.js';

export interface RealNode {
  name: string;
  machine: Machine;
  hypervisor: Hypervisor;
}

export interface RealSite extends Raised {
  nodes: RealNode[];
  provider: Provider;
  store: Store;
  engine: Engine;
  /** Its own, for tests that do on a node what Iris has forgotten. */
  compute: ComputeDriver;
  /** The mark of the site instance. */
  instance: string;
}

const log =
  process.env.IRIS_TEST_LOG === undefined ? silentLog : createLog({ name: 'test', level: process.env.IRIS_TEST_LOG });

const toSite = (nodes: readonly EmulatedNode[], image: string, changes: object) =>
  siteFileSchema.parse({
    site: 'osaka',
    nodes: nodes.map(({ name, machine, hypervisor, underlay }, index) => ({
      name,
      compute: {
        uri: hypervisor!.uri,
        ...{ cpus: 8, memoryMiB: 4096, diskGiB: 100 },
        diskDirectory: hypervisor!.diskDirectory,
      },
      network: {
        ovsdb: machine.ovsdb,
        datapathId: `${index + 1}`.padStart(16, '0'),
        controller: `unix:${machine.switchDirectory}/iris.ctl`,
        underlay,
        datapathType: 'netdev',
      },
    })),
    images: [{ name: 'small', kind: 'qcow2', file: image }],
    tenants: [{ name: 'alpha' }],
    ...changes,
  });

/** The periodic round comes so seldom that nothing in a test is its doing. */
const seldom = { reservations: { resyncSeconds: 3_600, watchSeconds: 0.5, compareSeconds: 1 } };

export async function raiseRealSite(changes: object = seldom): Promise<RealSite> {
  return raiseInRun(async (run, atEnd) => {
    const plan = ['n1', 'n2'].map((name, index) => ({ name, underlay: `10.4.0.1${index + 1}`, compute: true }));
    const { nodes } = await raiseSite(run, { name: 'osaka', nodes: plan });
    const site = toSite(nodes, await createPowerButtonImage(run.directory), changes);
    const store = await createStore({ url: await testDatabase(), log: silentLog });
    atEnd(() => store.close());
    const instance = await store.instance();
    const parts = { site, instance, log };
    const context = {
      ...{ site, store, clock: systemClock, log, placing: createPlacing() },
      compute: createLibvirtComputeDriver(parts),
      network: createOvsNetworkDriver(parts),
    };
    const engine = createEngine(context);
    atEnd(() => engine.stop());
    await engine.start();
    return {
      ...{ store, engine, compute: context.compute, instance },
      nodes: nodes.map(({ name, machine, hypervisor }) => ({ name, machine, hypervisor: hypervisor! })),
      provider: createProvider(context),
    };
  });
}

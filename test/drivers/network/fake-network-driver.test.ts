import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFakeNetworkDriver,
  type FakeNetworkDriver,
} from '../../../src/drivers/network/fake/fake-network-driver.js';
import { describeNetworkDriver } from './contract.js';
import { toSite } from './sites.js';

for (const kept of ['in memory', 'in a folder'] as const)
  describeNetworkDriver(`fake, nodes ${kept}`, async () => {
    const directory = kept === 'in a folder' ? mkdtempSync(join(tmpdir(), 'iris-test-nodes-')) : undefined;
    const shape = { name: 's', number: 1, computeNodes: 2, networkId: 'urn:ogf:network:s.example.net:2026:iris' };
    const site = {
      ...toSite({ ...shape, externalPorts: [{ name: 'lan', vlans: [100] }] }),
      simulation: { directory, latencyMs: 0 },
    };
    let driver: FakeNetworkDriver;
    return {
      site,
      newDriver: () => {
        driver = createFakeNetworkDriver(site);
        return driver;
      },
      async reaches(vi, index, other) {
        const [from, to] = [vi.vms[index]!, vi.vms[other]!];
        const frame = { vlan: 0, destination: to.nics[0]!.mac };
        const { delivered } = driver.inject(from.node, from.nics[0]!.portName, frame);
        return delivered.some(({ node, port }) => node === to.node && port === to.nics[0]!.portName);
      },
      async setReachable(node, reachable) {
        driver.setReachable(node, reachable);
      },
      async setGatewayChangeable(changeable) {
        driver.setReachable(site.nodes[0]!.name, changeable);
      },
      stpAtGateway: 'lan?vlan=100',
      async eventually(what, look) {
        if (!(await look())) throw new Error(`${what}: not so`);
      },
      async close() {
        if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
      },
    };
  });

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Site, siteFileSchema } from '../../../../src/domain/site/site-file.js';
import {
  createFakeComputeDriver,
  type FakeComputeDriver,
} from '../../../../src/drivers/compute/fake/fake-compute-driver.js';
import { type ComputeRig, createRequest, failsAs, find, itKeepsTheComputeContract } from '../contract.js';

const node = 'node1';
const site: Site = siteFileSchema.parse({
  site: 'test',
  nodes: [
    {
      name: node,
      compute: { uri: 'fake:///node1', cpus: 8, memoryMiB: 8192, diskGiB: 100 },
      network: { ovsdb: 'fake:', controller: 'fake:', datapathId: '0000000000000001', underlay: '192.0.2.1' },
    },
  ],
  images: [{ name: 'small', kind: 'qcow2', file: '/images/small.qcow2' }],
  tenants: [{ name: 'tenant' }],
});

const inMemory = (): Site => site;
let folder: string | undefined;
const inFolder = (): Site => {
  folder ??= mkdtempSync(join(tmpdir(), 'iris-test-nodes-'));
  return { ...site, simulation: { directory: folder, latencyMs: 1 } };
};

after(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

describe('compute driver: fake, nodes in a folder', () => {
  it('what stands outlives the driver, and another sees and removes it', async () => {
    const driver = createFakeComputeDriver(inFolder());
    const wanted = createRequest({ node, image: 'small', instance: randomUUID(), bridge: site.bridge } as ComputeRig);
    await driver.ensure(wanted);
    await driver.run(node, wanted.mark, 'vm1');
    const next = createFakeComputeDriver(inFolder());
    assert.deepEqual(await next.observe(node), await driver.observe(node));
    assert.equal((await next.observe(node))[0]?.state, 'running');
    await next.remove(node, wanted.mark, 'vm1', 'erase');
    assert.deepEqual([await driver.observe(node), await driver.observeDisks(node)], [[], []]);
  });
});

for (const [kept, siteOf] of [
  ['in memory', inMemory],
  ['in a folder', inFolder],
] as const)
  describe(`compute driver: fake, nodes ${kept}`, () => {
    let driver: FakeComputeDriver;
    let rig: ComputeRig;

    beforeEach(() => {
      driver = createFakeComputeDriver(siteOf());
      const { controls } = driver;
      rig = {
        driver,
        instance: randomUUID(),
        node,
        bridge: site.bridge,
        image: 'small',
        shutDownGuest: async (domainName) => controls.shutDownGuest(node, domainName),
        crash: async (domainName) => controls.crash(node, domainName),
        destroy: async (domainName) => controls.destroy(node, domainName),
        addForeignDomain: async (domainName) => controls.addForeignDomain(node, domainName),
        dumpForeignDomain: async (domainName) => String(controls.foreignDomains(node).includes(domainName)),
        removeForeignDomain: async (domainName) => controls.removeForeignDomain(node, domainName),
        disconnect: async () => controls.disconnect(node),
        reconnect: async () => controls.reconnect(node),
      };
    });

    itKeepsTheComputeContract(() => rig);

    it('a VM that the hypervisor refuses to start fails for good until it is allowed', async () => {
      const wanted = createRequest(rig);
      driver.controls.refuse(node, 'vm1');
      await assert.rejects(driver.ensure(wanted), failsAs('permanent', node));
      assert.equal((await find(rig, wanted))?.state, 'shutoff');
      driver.controls.allow(node, 'vm1');
      assert.equal((await driver.ensure(wanted)).state, 'paused');
      await driver.remove(node, wanted.mark, 'vm1', 'erase');
    });

    it('after a power cut VMs are off, not shut down by their guests, and disks remain', async () => {
      const wanted = createRequest(rig);
      await driver.ensure(wanted);
      await driver.run(node, wanted.mark, 'vm1');
      driver.controls.powerOff(node);
      await assert.rejects(driver.observe(node), failsAs('transient', node));
      driver.controls.reconnect(node);
      const domain = await find(rig, wanted);
      assert.deepEqual([domain?.state, domain?.shutDownByGuest], ['shutoff', false]);
      assert.equal((await driver.observeDisks(node)).length, 1);
      await driver.remove(node, wanted.mark, 'vm1', 'erase');
    });
  });
